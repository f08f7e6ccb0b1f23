//! `console.verify_page`: where the mail that proves an address leads.

use serde_json::json;
use support::TestApp;

use super::is_a_page;

/// Mail servers open links to look at them.
#[tokio::test]
async fn opening_the_link_proves_nothing_yet() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let token = app.token_for("ada@example.org", "/verify").await;
    let page = app.browser().open(&format!("/verify?token={token}")).send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains("action=\"/verify\""));
    let me = app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(me.at("is_verified"), json!(false));
}
