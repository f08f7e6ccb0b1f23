//! `console.forgot`: has a mail sent.

use support::TestApp;

use super::is_a_page;

#[tokio::test]
async fn the_page_is_the_same_for_every_address() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let ask = async |email: &str| browser.post("/forgot").form(&[("email", email)]).send().await.expect(200);
    let known = ask("ada@example.org").await;
    is_a_page(&known);
    assert_eq!(ask("nobody@example.org").await.text(), known.text());
    app.token_for("ada@example.org", "/reset").await;
    let letters = app.letters();
    assert!(letters.iter().any(|letter| letter.subject == "Set a new password"));
    assert!(letters.iter().all(|letter| letter.to == "ada@example.org"));
}

#[tokio::test]
async fn what_is_no_address_shows_the_form_again_and_other_sites_nothing() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let again = browser.post("/forgot").form(&[("email", "a da")]).send().await.expect(400);
    is_a_page(&again);
    assert!(
        again.text().contains("id=\"email-problem\"") && again.text().contains("value=\"a da\""),
        "{}",
        again.text()
    );
    browser.on("https://evil.example");
    browser.post("/forgot").form(&[("email", "ada@example.org")]).send().await.expect(403);
}
