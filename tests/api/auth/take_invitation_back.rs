//! `DELETE /api/auth/invitations/{id}`

use serde_json::json;
use support::TestApp;

use super::{ask, colleague};

const PATH: &str = "/api/auth/invitations";

#[tokio::test]
async fn one_that_was_taken_back_lets_nobody_in() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let invited = ask(&app, &ada, "POST", PATH, json!({ "email": "bob@example.org" })).await.expect(200);
    let token = app.token_for("bob@example.org", "/invitation").await;
    let path = format!("{PATH}/{}", invited.at("id").as_str().unwrap());
    ask(&app, &ada, "DELETE", &path, json!({})).await.expect(200);
    ask(&app, &ada, "DELETE", &path, json!({})).await.expect(404);
    let body =
        json!({ "email": "bob@example.org", "password": support::PASSWORD, "full_name": "Bob", "invitation": token });
    let answer = app.post("/api/auth/register").json(body).send().await.expect(400);
    assert_eq!(answer.code(), "auth.link_invalid");
    ask(&app, &ada, "POST", PATH, json!({ "email": "bob@example.org" })).await.expect(200);
}

#[tokio::test]
async fn nobody_else_takes_it_back() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.prove(&ada).await;
    let eve = app.register("eve@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let invited = ask(&app, &ada, "POST", PATH, json!({ "email": "joe@example.org" })).await.expect(200);
    let path = format!("{PATH}/{}", invited.at("id").as_str().unwrap());
    ask(&app, &eve, "DELETE", &path, json!({})).await.expect(404);
    ask(&app, &bob, "DELETE", &path, json!({})).await.expect(403);
    app.delete(&path).send().await.expect(401);
    ask(&app, &ada, "DELETE", &format!("{PATH}/..%2Fx"), json!({})).await.expect(404);
    let open = ask(&app, &ada, "GET", PATH, json!({})).await;
    assert_eq!(open.at("invitations").as_array().unwrap().len(), 1);
}
