//! `console.reset`: sets the new password.

use serde_json::json;
use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn a_forgotten_password_is_set_without_a_script() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let mut browser = app.browser();
    browser.post("/forgot").form(&[("email", "ada@example.org")]).send().await.expect(200);
    let token = app.token_for("ada@example.org", "/reset").await;
    let set = async |browser: &support::Browser<'_>, password: &str| {
        browser.post("/reset").form(&[("token", &token), ("password", password)]).send().await
    };
    let again = set(&browser, "short").await.expect(400);
    is_a_page(&again);
    assert!(again.text().contains("id=\"password-problem\"") && again.text().contains(&token), "{}", again.text());
    browser.on("https://evil.example");
    set(&browser, "another horse battery").await.expect(403);
    browser.on(support::PUBLIC_URL);
    let done = set(&browser, "another horse battery").await.expect(200);
    is_a_page(&done);
    assert!(done.text().contains("href=\"/sign-in\""), "the next step is offered: {}", done.text());
    let used = set(&browser, "a third horse battery").await.expect(400);
    assert!(used.text().contains("used"), "{}", used.text());
    let body = json!({ "email": "ada@example.org", "password": "another horse battery" });
    app.post("/api/auth/login").json(body).send().await.expect(200);
}

/// Addresses are written down in many places; passwords must not be in one.
#[tokio::test]
async fn a_password_in_the_address_is_not_read() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    app.browser().post("/forgot").form(&[("email", "ada@example.org")]).send().await.expect(200);
    let token = app.token_for("ada@example.org", "/reset").await;
    let path = format!("/reset?token={token}&password=another-horse-battery");
    app.browser().post(&path).form(&[]).send().await.expect(400);
}
