//! `console.verify`: notes that the address is proven.

use serde_json::json;
use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn the_button_proves_the_address_once() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let token = app.token_for("ada@example.org", "/verify").await;
    let mut browser = app.browser();
    browser.on("https://evil.example");
    browser.post("/verify").form(&[("token", &token)]).send().await.expect(403);
    browser.on(support::PUBLIC_URL);
    let done = browser.post("/verify").form(&[("token", &token)]).send().await.expect(200);
    is_a_page(&done);
    assert!(done.text().contains("href=\"/sign-in\""), "the next step is offered: {}", done.text());
    let me = app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(me.at("is_verified"), json!(true));
    let again = browser.post("/verify").form(&[("token", &token)]).send().await.expect(400);
    is_a_page(&again);
    assert!(again.text().contains("role=\"alert\""));
}
