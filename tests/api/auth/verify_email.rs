//! `POST /api/auth/verify-email`

use std::time::Duration;

use serde_json::json;
use support::{Answer, TestApp};

use super::ask;

async fn verify(app: &TestApp, token: &str) -> Answer {
    app.post("/api/auth/verify-email").json(json!({ "token": token })).send().await
}

#[tokio::test]
async fn the_mail_of_a_registration_proves_the_address_once() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let me = || ask(&app, &ada, "GET", "/api/auth/me", json!({}));
    assert_eq!(me().await.at("is_verified"), false);
    let token = app.token_for("ada@example.org", "/verify").await;
    verify(&app, &token).await.expect(200);
    assert_eq!(me().await.at("is_verified"), true);
    assert_eq!(verify(&app, &token).await.expect(400).code(), "auth.link_invalid");
}

#[tokio::test]
async fn a_link_ends_after_a_day_and_serves_nothing_else() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let token = app.token_for("ada@example.org", "/verify").await;
    let body = json!({ "token": token, "password": "another battery" });
    let reset = app.post("/api/auth/password/reset").json(body).send().await.expect(400);
    assert_eq!(reset.code(), "auth.link_invalid");
    app.clock().advance(Duration::from_hours(24));
    assert_eq!(verify(&app, &token).await.expect(400).code(), "auth.link_invalid");
    verify(&app, "").await.expect(400);
    app.post("/api/auth/verify-email").json(json!({})).send().await.expect(400);
}
