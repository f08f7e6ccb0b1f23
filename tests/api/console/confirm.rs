//! `console.confirm`: asks before a parked handshake is finished.

use serde_json::json;
use support::{FRONTEND_URL, PUBLIC_URL};

use super::is_a_page;
use crate::house::{Begun, House, PASSWORD};

/// A browser before the question.
async fn asked<'a>(house: &'a House, begun: &Begun) -> support::Browser<'a> {
    let browser = house.app.browser();
    browser.open(&begun.back("c")).send().await.expect(302);
    browser.post("/sign-in").form(&[("email", "ada@example.org"), ("password", PASSWORD)]).send().await.expect(303);
    browser.open(&format!("/oauth/resume?handshake={}", begun.id)).send().await.expect(302);
    browser
}

#[tokio::test]
async fn the_page_names_both_accounts() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    let page = browser.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(200);
    is_a_page(&page);
    let text = page.text();
    assert!(text.contains("account-1@provider.example") && text.contains("ada@example.org"), "{text}");
    assert!(text.contains("name=\"answer\" value=\"yes\"") && text.contains("name=\"answer\" value=\"no\""), "{text}");
    // The answer ends on the front end by a redirect, and browsers hold those to the policy as well.
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.ends_with(&format!("form-action 'self' {FRONTEND_URL}")), "{policy}");
}

#[tokio::test]
async fn words_of_the_provider_are_words_and_nothing_more() {
    let house = House::start().await;
    house.acme.account("<img src=x onerror=alert(1)>");
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    let page = browser.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(200);
    assert!(!page.text().contains("<img src=x"), "{}", page.text());
    assert!(page.text().contains("onerror"), "{}", page.text());
}

#[tokio::test]
async fn nobody_else_sees_the_question() {
    let house = House::start().await;
    house.app.register("eve@example.org").await;
    house.colleague("bob@example.org").await;
    let begun = house.begin(json!({})).await;
    asked(&house, &begun).await;
    for other in ["eve@example.org", "bob@example.org"] {
        let browser = house.browser(other).await;
        let page = browser.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(404);
        is_a_page(&page);
        assert!(!page.text().contains("account-1"));
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_sent_to_sign_in_first() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let path = format!("/confirm?handshake={}", begun.id);
    let answer = house.app.browser().open(&path).send().await.expect(303);
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/sign-in?next={next}"));
}

#[tokio::test]
async fn where_nothing_waits_a_page_says_so() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = house.browser("ada@example.org").await;
    let page = browser.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(404);
    is_a_page(&page);
    let late = asked(&house, &begun).await;
    house.pass(600);
    late.open(&format!("/confirm?handshake={}", begun.id)).send().await.expect(404);
    browser.open("/confirm").send().await.expect(400);
}
