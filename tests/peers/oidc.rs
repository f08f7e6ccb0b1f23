//! Connecting, refreshing and disconnecting at `oidc-provider`: an authorization server that asks for PKCE, rotates refresh
//! tokens, ends a grant whose old refresh token comes back, and names itself in the callback.

mod machine;
mod server;

use serde_json::{Value, json};
use server::{LIFE, SLUG, Server, parameter};
use support::{Answer, FRONTEND_URL, TestApp, User};
use url::Url;

/// A person of ours and the service key of a back end that works for that person.
struct Connected {
    server: Server,
    app: TestApp,
    user: User,
    key: String,
}

impl Connected {
    /// The person has connected the account `alice`.
    async fn alice() -> Self {
        let server = Server::start();
        let app = server.setup().start().await;
        let user = app.register("ada@example.org").await;
        connect(&server, &app, &user, "alice").await;
        let key = key(&app, &user).await;
        Self { server, app, user, key }
    }

    async fn ask_token(&self) -> Answer {
        self.app.get(format!("/api/integrations/{SLUG}/token")).bearer(&self.key).send().await
    }

    async fn token(&self) -> String {
        text(&self.ask_token().await.expect(200).at("access_token"))
    }
}

/// Goes to the server and back by the browser that started.
async fn connect(server: &Server, app: &TestApp, user: &User, person: &str) {
    let browser = app.browser();
    let start = browser.post(&format!("/api/integrations/oauth/start/{SLUG}"));
    let started = start.bearer(&user.access_token).json(json!({})).send().await.expect(200);
    let callback = server.consent(&text(&started.at("authUrl")), person).await;
    let back = browser.open(callback.as_str()).send().await.expect(302);
    assert_eq!(back.header("location"), format!("{FRONTEND_URL}/?oauth_success={SLUG}"));
}

async fn key(app: &TestApp, user: &User) -> String {
    let wanted = json!({ "name": "the back end", "scopes": ["tokens:read"] });
    let made = app.post("/api/auth/keys").bearer(&user.access_token).json(wanted).send().await.expect(200);
    text(&made.at("key"))
}

/// Starts, and gives where the server sends the browser: a code that nobody has used yet.
async fn callback(server: &Server, app: &TestApp, user: &User) -> Url {
    let start = app.post(format!("/api/integrations/oauth/start/{SLUG}")).bearer(&user.access_token);
    let started = start.json(json!({})).send().await.expect(200);
    server.consent(&text(&started.at("authUrl")), "alice").await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn an_account_is_connected_by_the_browser_that_started() {
    let here = Connected::alice().await;
    let status = here.app.get("/api/integrations/status").bearer(&here.user.access_token).send().await.expect(200);
    assert_eq!(status.at(&format!("/{SLUG}/connected")), true);
    let list = here.app.get("/api/integrations").bearer(&here.user.access_token).send().await.expect(200);
    assert_eq!(list.at("/0/external_user_id"), "alice");
    let exchanges = here.server.seen().await.token;
    assert_eq!(exchanges.len(), 1);
    assert!(exchanges[0].verified, "the exchange brought no PKCE verifier");
}

#[tokio::test]
async fn code_and_state_may_be_handed_in_by_the_one_who_started() {
    let server = Server::start();
    let app = server.setup().start().await;
    let user = app.register("ada@example.org").await;
    let callback = callback(&server, &app, &user).await;
    let given = ["code", "state", "iss"].map(|name| (name.to_owned(), Value::from(parameter(&callback, name))));
    let finish = app.post("/api/integrations/oauth/callback").bearer(&user.access_token);
    let finished = finish.json(serde_json::Map::from_iter(given)).send().await.expect(200);
    assert_eq!(finished.at("integration_type"), SLUG);
    assert_eq!(finished.at("status"), "connected");
}

#[tokio::test]
async fn a_callback_that_names_another_issuer_connects_nothing() {
    let server = Server::start();
    let app = server.setup().start().await;
    let user = app.register("ada@example.org").await;
    let callback = callback(&server, &app, &user).await;
    let (code, state) = (parameter(&callback, "code"), parameter(&callback, "state"));
    let given = json!({ "code": code, "state": state, "iss": "https://evil.example" });
    let finish = app.post("/api/integrations/oauth/callback").bearer(&user.access_token);
    let refused = finish.json(given).send().await.expect(400);
    assert!(text(&refused.at("detail")).starts_with("OAuth callback failed: "), "{}", refused.text());
    assert_eq!(server.seen().await.token.len(), 0, "a code of an unknown issuer was sent to the server");
    let status = app.get("/api/integrations/status").bearer(&user.access_token).send().await.expect(200);
    assert_eq!(status.at(&format!("/{SLUG}/connected")), false);
}

#[tokio::test]
async fn the_server_would_refuse_us_without_pkce() {
    let server = Server::start();
    let app = server.setup().start().await;
    let user = app.register("ada@example.org").await;
    let callback = callback(&server, &app, &user).await;
    assert_eq!(server.exchange_without_proof(&callback).await["error"], "invalid_grant");
}

#[tokio::test]
async fn a_back_end_is_lent_a_token_that_works_at_the_provider() {
    let here = Connected::alice().await;
    let lent = here.ask_token().await.expect(200);
    assert!(here.server.takes(&text(&lent.at("access_token"))).await);
    assert_eq!(lent.at("expires_in"), LIFE);
    let refresh_token = here.server.seen().await.newest().to_owned();
    assert!(!lent.text().contains(&refresh_token), "the refresh token was lent out");
    assert_eq!(here.server.seen().await.refreshes().len(), 0, "a fresh token was refreshed");
}

#[tokio::test]
async fn an_expired_token_is_refreshed_again_and_again() {
    let here = Connected::alice().await;
    let mut before = here.token().await;
    for refreshes in 1..=3 {
        let newest = here.server.seen().await.newest().to_owned();
        here.server.pass(&here.app, LIFE + 1).await;
        assert!(!here.server.takes(&before).await, "the server should have let it expire");
        let now = here.token().await;
        assert_ne!(now, before);
        assert!(here.server.takes(&now).await);
        before = now;
        let seen = here.server.seen().await;
        assert_eq!(seen.refreshes().len(), refreshes);
        let last = seen.refreshes()[refreshes - 1];
        assert_eq!(
            (last.presented.as_ref(), last.status),
            (Some(&newest), 200),
            "not the newest refresh token was used"
        );
        assert_eq!(seen.grants_revoked, 0);
    }
}

#[tokio::test]
async fn fifty_readers_of_an_expired_token_cause_one_refresh() {
    let here = Connected::alice().await;
    here.server.pass(&here.app, LIFE + 1).await;
    here.server.hold().await;
    let readers = futures_util::future::join_all((0..50).map(|_| here.token()));
    let server = async {
        here.server.held().await;
        here.server.release().await;
    };
    let (tokens, ()) = tokio::join!(readers, server);
    assert!(tokens.iter().all(|token| *token == tokens[0]), "readers were given different tokens");
    assert!(here.server.takes(&tokens[0]).await);
    let seen = here.server.seen().await;
    assert_eq!(seen.refreshes().len(), 1);
    assert_eq!(seen.grants_revoked, 0, "the server saw a refresh token twice");
}

#[tokio::test]
async fn a_grant_that_the_server_ended_asks_its_owner_to_connect_again() {
    let here = Connected::alice().await;
    let old = here.server.seen().await.newest().to_owned();
    here.server.pass(&here.app, LIFE + 1).await;
    here.token().await;
    // Somebody kept a copy of the token before the last: reuse, so that the server ends the whole grant.
    assert_eq!(here.server.refresh_behind_our_back(&old).await["error"], "invalid_grant");
    here.server.pass(&here.app, LIFE + 1).await;
    let refused = here.ask_token().await.expect(409);
    assert!(refused.code().ends_with("reauth_required"), "{}", refused.text());
    let tries = here.server.seen().await.refreshes().len();
    here.ask_token().await.expect(409);
    assert_eq!(here.server.seen().await.refreshes().len(), tries, "a dead grant was tried again");

    connect(&here.server, &here.app, &here.user, "alice").await;
    let token = here.token().await;
    assert!(here.server.takes(&token).await);
}

#[tokio::test]
async fn disconnecting_revokes_the_grant_at_the_server() {
    let here = Connected::alice().await;
    let access = here.token().await;
    let refresh = here.server.seen().await.newest().to_owned();
    assert!(here.server.takes(&refresh).await);
    let disconnect = here.app.delete(format!("/api/integrations/{SLUG}/credentials")).bearer(&here.user.access_token);
    disconnect.send().await.expect(200);
    here.ask_token().await.expect(404);
    here.app.tick().await;
    assert!(!here.server.takes(&refresh).await);
    assert!(!here.server.takes(&access).await);
    let revoked = here.server.seen().await.revoked;
    assert_eq!(revoked.iter().map(|call| (call.token.as_str(), call.status)).collect::<Vec<_>>(), [(&*refresh, 200)]);
}

#[tokio::test]
async fn a_token_that_will_be_needed_is_refreshed_before_anybody_waits() {
    let here = Connected::alice().await;
    let lent = here.token().await;
    here.server.pass(&here.app, LIFE - 10).await;
    here.app.tick().await;
    assert_eq!(here.server.seen().await.refreshes().len(), 1);
    let now = here.token().await;
    assert_ne!(now, lent);
    assert_eq!(here.server.seen().await.refreshes().len(), 1, "a reader had to refresh");
}
