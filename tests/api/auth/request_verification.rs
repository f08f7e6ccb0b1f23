//! `POST /api/auth/verify-email/request`

use serde_json::json;
use support::TestApp;

use super::{ask, key};

const PATH: &str = "/api/auth/verify-email/request";

#[tokio::test]
async fn another_mail_comes_until_the_address_is_proven() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let first = app.token_for("ada@example.org", "/verify").await;
    ask(&app, &ada, "POST", PATH, json!({})).await.expect(200);
    let second = app.token_for("ada@example.org", "/verify").await;
    assert_ne!(first, second);
    app.post("/api/auth/verify-email").json(json!({ "token": second })).send().await.expect(200);
    let so_far = app.letters().len();
    ask(&app, &ada, "POST", PATH, json!({})).await.expect(200);
    app.work().await;
    assert_eq!(app.letters().len(), so_far);
}

#[tokio::test]
async fn nobody_gets_many_and_no_key_any() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    for _ in 0..5 {
        ask(&app, &ada, "POST", PATH, json!({})).await.expect(200);
    }
    assert_eq!(ask(&app, &ada, "POST", PATH, json!({})).await.expect(429).code(), "rate.limited");
    app.post(PATH).send().await.expect(401);
    let (text, _) = key(&app, &ada, json!({ "name": "k", "scopes": ["users:manage"] })).await;
    app.post(PATH).bearer(&text).send().await.expect(403);
}
