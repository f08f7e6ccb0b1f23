//! `console.forgot_page`: asks for the address whose password is forgotten.

use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn the_sign_in_leads_to_it_and_it_has_a_form() {
    let app = TestApp::start().await;
    let browser = app.browser();
    assert!(browser.open("/sign-in").send().await.expect(200).text().contains("href=\"/forgot\""));
    let page = browser.open("/forgot").send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains("action=\"/forgot\"") && page.text().contains("name=\"email\""));
}
