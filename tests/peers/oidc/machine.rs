//! The client credentials grant at the same server: a client mints for itself, and nobody consents.

use serde_json::{Value, json};
use support::{Answer, TestApp, User};

use super::{
    key,
    server::{LIFE, SLUG, Server},
    text,
};

async fn save(app: &TestApp, user: &User, credential: Value) -> Answer {
    let path = format!("/api/integrations/{SLUG}/credentials");
    app.post(path).bearer(&user.access_token).json(credential).send().await
}

async fn token(app: &TestApp, key: &str) -> String {
    let lent = app.get(format!("/api/integrations/{SLUG}/token")).bearer(key).send().await.expect(200);
    text(&lent.at("access_token"))
}

#[tokio::test]
async fn what_a_typed_client_mints_is_lent_and_minted_again_when_it_ends() {
    let server = Server::start();
    let app = server.setup_for_machines().start().await;
    let user = app.register("ada@example.org").await;
    save(&app, &user, Server::machine()).await.expect(200);
    let key = key(&app, &user).await;
    let first = token(&app, &key).await;
    assert!(server.takes(&first).await);
    assert_eq!(server.seen().await.token.len(), 1, "the token that proved the client is the one that is lent");
    server.pass(&app, LIFE + 1).await;
    assert!(!server.takes(&first).await, "the server should have let it expire");
    let second = token(&app, &key).await;
    assert!(server.takes(&second).await);
    let grants: Vec<String> = server.seen().await.token.into_iter().map(|exchange| exchange.grant).collect();
    assert_eq!(grants, ["client_credentials", "client_credentials"]);
}

#[tokio::test]
async fn a_client_that_the_server_does_not_know_is_not_kept() {
    let server = Server::start();
    let app = server.setup_for_machines().start().await;
    let user = app.register("ada@example.org").await;
    for wrong in [json!({ "clientSecret": "not-its-secret" }), json!({ "clientId": "nobody" })] {
        let mut credential = Server::machine();
        credential.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        let refused = save(&app, &user, credential).await.expect(400);
        assert_eq!(refused.code(), "provider.credential_refused");
        assert!(text(&refused.at("error")).contains("client authentication failed"), "{}", refused.text());
        assert!(!refused.text().contains("not-its-secret"));
    }
    let status = app.get("/api/integrations/status").bearer(&user.access_token).send().await.expect(200);
    assert_eq!(status.at(&format!("/{SLUG}/connected")), false);
}
