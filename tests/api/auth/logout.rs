//! `POST /api/auth/logout`

use support::TestApp;

use super::{PASSWORD, key, refresh};

#[tokio::test]
async fn it_ends_the_refresh_token_and_the_access_token() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let answer = app.post("/api/auth/logout").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(answer.at("message"), "Successfully logged out");
    refresh(&app, &ada.refresh_token).await.expect(401);
    app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(401);
}

#[tokio::test]
async fn another_sign_in_of_the_same_person_goes_on() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let other = super::login(&app, "ada@example.org", PASSWORD).send().await.expect(200);
    app.post("/api/auth/logout").bearer(&ada.access_token).send().await.expect(200);
    app.get("/api/auth/me").bearer(other.at("access_token").as_str().unwrap()).send().await.expect(200);
}

#[tokio::test]
async fn a_page_loses_its_cookie_and_needs_its_own_origin() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let body = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    browser.on("https://evil.example");
    let foreign = browser.post("/api/auth/logout").send().await.expect(403);
    assert_eq!(foreign.code(), "auth.foreign_origin");
    browser.on(support::PUBLIC_URL);
    browser.post("/api/auth/logout").send().await.expect(200);
    assert_eq!(browser.cookie("__Host-postern_session"), None);
    browser.open("/api/auth/me").send().await.expect(401);
}

#[tokio::test]
async fn nobody_and_a_service_key_cannot_log_out() {
    let app = TestApp::start().await;
    app.post("/api/auth/logout").send().await.expect(401);
    let ada = app.register("ada@example.org").await;
    let (key, _) = key(&app, &ada, serde_json::json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    app.post("/api/auth/logout").bearer(&key).send().await.expect(403);
}
