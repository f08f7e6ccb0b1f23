//! `console.sign_in_page`: the form.

use serde_json::json;
use support::TestApp;

use super::is_a_page;
use crate::house::House;

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

/// A password that is too short is wrong, which is for the answer to say and not for the browser.
#[tokio::test]
async fn a_short_password_gets_as_far_as_the_answer() {
    let page = TestApp::start().await.browser().open("/sign-in").send().await.expect(200);
    assert!(!page.text().contains("minlength"), "{}", page.text());
}

#[tokio::test]
async fn it_says_which_account_waits() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = house.app.browser();
    let resume = browser.open(&begun.back("c")).send().await.expect(302);
    let sign_in = browser.open(resume.header("location")).send().await.expect(302);
    let waits = "An account at acme waits to be connected.";
    let page = browser.open(sign_in.header("location")).send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains(waits), "{}", page.text());
    let form = [
        ("email", "ada@example.org"),
        ("password", "wrong"),
        ("next", &format!("/oauth/resume?handshake={}", begun.id)),
    ];
    let again = browser.post("/sign-in").form(&form).send().await.expect(401);
    assert!(again.text().contains(waits), "said once more: {}", again.text());
    house.pass(600);
    let late = browser.open(sign_in.header("location")).send().await.expect(200);
    assert!(!late.text().contains(waits), "{}", late.text());
    let nobodys = browser.open("/sign-in?next=%2Foauth%2Fresume%3Fhandshake%3Dx").send().await.expect(200);
    assert!(!nobodys.text().contains("waits"), "{}", nobodys.text());
}
