//! `console.sign_in_page`: the form.

use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn it_shows_a_form_that_password_managers_know() {
    let page = TestApp::start().await.browser().open("/sign-in").send().await.expect(200);
    is_a_page(&page);
    let text = page.text();
    assert!(text.contains("method=\"post\" action=\"/sign-in\""), "{text}");
    assert!(text.contains("autocomplete=\"username\"") && text.contains("autocomplete=\"current-password\""), "{text}");
    assert!(text.contains("for=\"email\"") && text.contains("for=\"password\""), "labels");
}

#[tokio::test]
async fn it_keeps_where_to_go_on_to_and_nothing_that_leads_away() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let page = browser.open("/sign-in?next=%2Fconfirm%3Fhandshake%3Dhs_1").send().await.expect(200);
    assert!(page.text().contains("name=\"next\" value=\"/confirm?handshake=hs_1\""), "{}", page.text());
    for next in ["%2F%2Fevil.example", "https%3A%2F%2Fevil.example", "%2F.%2F%2Fevil.example", "%22%3E%3Cb%3E"] {
        let page = browser.open(&format!("/sign-in?next={next}")).send().await.expect(200);
        assert!(page.text().contains("name=\"next\" value=\"/\""), "{next}: {}", page.text());
    }
}

#[tokio::test]
async fn an_address_that_is_not_readable_is_a_problem_like_all_others() {
    let answer = TestApp::start().await.browser().open("/sign-in?next=a&next=b").send().await.expect(400);
    assert_eq!(answer.header("content-type"), "application/problem+json");
}
