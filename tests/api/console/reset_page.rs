//! `console.reset_page`: where the mail of a forgotten password leads.

use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn the_form_holds_the_links_token_as_a_word() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.open("/reset?token=abc").send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains("name=\"token\" value=\"abc\"") && page.text().contains("new-password"));
    let odd = browser.open("/reset?token=%22%3E%3Cscript%3E").send().await.expect(200);
    is_a_page(&odd);
    browser.open("/reset").send().await.expect(400);
}
