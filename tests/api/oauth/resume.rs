//! `oauth.resume`: goes on with a code that came without the starting browser's cookie.

use serde_json::json;
use support::{Browser, PUBLIC_URL};

use crate::house::{Begun, House};

/// A browser that brought a code which it did not start: its code is parked.
async fn parked<'a>(house: &'a House, begun: &Begun) -> Browser<'a> {
    let browser = house.app.browser();
    let answer = browser.open(&begun.back("parked-code")).send().await.expect(302);
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/oauth/resume?handshake={}", begun.id));
    browser
}

pub(super) fn resume(begun: &Begun) -> String {
    format!("/oauth/resume?handshake={}", begun.id)
}

/// Signs somebody in, in this browser.
async fn sign_in(browser: &Browser<'_>, email: &str) {
    let form = [("email", email), ("password", crate::house::PASSWORD)];
    browser.post("/sign-in").form(&form).send().await.expect(303);
}

/// The handshake's browser, signed in as Ada, before the question.
pub(super) async fn asked<'a>(house: &'a House, begun: &Begun) -> Browser<'a> {
    let browser = parked(house, begun).await;
    sign_in(&browser, "ada@example.org").await;
    let answer = browser.open(&resume(begun)).send().await.expect(302);
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/confirm?handshake={}", begun.id));
    browser
}

#[tokio::test]
async fn nothing_is_exchanged_before_somebody_signs_in() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = parked(&house, &begun).await;
    let answer = browser.open(&resume(&begun)).send().await.expect(302);
    let next: String = form_urlencoded::byte_serialize(resume(&begun).as_bytes()).collect();
    assert_eq!(answer.header("location"), format!("{PUBLIC_URL}/sign-in?next={next}"));
    assert_eq!(house.acme.count("token"), 0);
    assert_eq!(house.status(&begun).await.at("status"), "pending");
}

#[tokio::test]
async fn the_starter_is_asked_once_signed_in() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    assert_eq!(house.acme.calls()[0].field("code"), "parked-code");
    assert!(!house.connected().await, "not before the yes");
    // Coming by once more asks once more, and exchanges nothing.
    browser.open(&resume(&begun)).send().await.expect(302);
    assert_eq!(house.acme.count("token"), 1);
}

/// The page with the question says that there is none.
async fn gets_nothing(browser: &Browser<'_>, begun: &Begun) {
    let to = browser.open(&resume(begun)).send().await.expect(302);
    let page = browser.open(to.header("location")).send().await.expect(404);
    assert!(page.text().contains("Nothing waits here"), "{}", page.text());
}

#[tokio::test]
async fn another_user_in_that_browser_gets_nothing() {
    let house = House::start().await;
    house.app.register("eve@example.org").await;
    house.colleague("bob@example.org").await;
    let begun = house.begin(json!({})).await;
    let browser = parked(&house, &begun).await;
    for other in ["eve@example.org", "bob@example.org"] {
        sign_in(&browser, other).await;
        gets_nothing(&browser, &begun).await;
    }
    assert_eq!(house.acme.count("token"), 0);
}

/// Eve starts, sends Ada through the provider by a link, and would now pick up Ada's account in her own browser.
#[tokio::test]
async fn who_sent_somebody_else_through_the_provider_gets_nothing() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let begun = house.begin_as(&eve, json!({})).await;
    let ada = parked(&house, &begun).await;
    let evil = house.browser("eve@example.org").await;
    gets_nothing(&evil, &begun).await;
    let yes = [("handshake", begun.id.as_str()), ("answer", "yes")];
    let answer = evil.post("/oauth/confirm").form(&yes).send().await.expect(303);
    assert!(answer.header("location").contains("/confirm?handshake="));
    sign_in(&ada, "ada@example.org").await;
    gets_nothing(&ada, &begun).await;
    assert_eq!(house.acme.count("token"), 0);
}

/// Nor with the browser that Eve started in: the code has not come there.
#[tokio::test]
async fn the_starters_own_browser_is_not_the_one_that_brought_the_code() {
    let house = House::start().await;
    house.app.register("eve@example.org").await;
    let evil = house.browser("eve@example.org").await;
    let begun = house.begin_in(&evil, json!({})).await;
    parked(&house, &begun).await;
    gets_nothing(&evil, &begun).await;
    assert_eq!(house.acme.count("token"), 0);
}

#[tokio::test]
async fn a_service_key_is_nobody_who_could_be_asked() {
    let house = House::start().await;
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    let begun = house.begin(json!({})).await;
    let answer = house.app.get(resume(&begun)).bearer(&key).send().await.expect(403);
    assert_eq!(answer.code(), "auth.forbidden");
}

#[tokio::test]
async fn after_ten_minutes_it_is_gone() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = parked(&house, &begun).await;
    sign_in(&browser, "ada@example.org").await;
    house.pass(600);
    gets_nothing(&browser, &begun).await;
    assert_eq!(house.acme.count("token"), 0);
}

#[tokio::test]
async fn a_code_that_the_provider_does_not_take_leads_back_with_an_error() {
    let house = House::start().await;
    house.acme.reply(support::Reply::error("invalid_grant"));
    let begun = house.begin(json!({})).await;
    let browser = parked(&house, &begun).await;
    sign_in(&browser, "ada@example.org").await;
    let answer = browser.open(&resume(&begun)).send().await.expect(302);
    assert!(answer.header("location").contains("oauth_error="), "{}", answer.header("location"));
    assert_eq!(house.status(&begun).await.at("status"), "failed");
}

#[tokio::test]
async fn an_address_without_a_handshake_shows_a_page_that_says_so() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    for path in ["/oauth/resume", "/oauth/resume?handshake=no-id", "/oauth/resume?handshake=a&handshake=b"] {
        let answer = browser.open(path).send().await.expect(400);
        crate::console::is_a_page(&answer);
        assert_eq!(house.get(path).await.expect(400).code(), "request.malformed", "{path}: for programs");
    }
}
