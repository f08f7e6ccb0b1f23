//! `console.sign_up_page`: the form.

use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn it_shows_a_form_for_a_new_account() {
    let app = TestApp::start().await;
    let page = app.browser().open("/sign-up?next=%2Fx").send().await.expect(200);
    is_a_page(&page);
    let text = page.text();
    assert!(text.contains("method=\"post\" action=\"/sign-up\""), "{text}");
    assert!(text.contains("name=\"full_name\"") && text.contains("autocomplete=\"new-password\""), "{text}");
    assert!(text.contains("name=\"next\" value=\"/x\"") && text.contains("href=\"/sign-in?next=%2Fx\""), "{text}");
}

#[tokio::test]
async fn nothing_that_leads_away_is_kept() {
    let app = TestApp::start().await;
    let page = app.browser().open("/sign-up?next=%2F%2Fevil.example").send().await.expect(200);
    assert!(!page.text().contains("evil.example"), "{}", page.text());
}
