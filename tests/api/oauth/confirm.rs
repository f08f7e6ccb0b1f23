//! `oauth.confirm`: the user's yes or no.

use serde_json::json;
use support::{Answer, Browser, FRONTEND_URL, Provider, TestApp};

use super::resume::asked;
use crate::house::{ACME, Begun, House};

async fn say(browser: &Browser<'_>, begun: &Begun, word: &str) -> Answer {
    browser.post("/oauth/confirm").form(&[("handshake", &begun.id), ("answer", word)]).send().await
}

#[tokio::test]
async fn a_yes_connects() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    let answer = say(&browser, &begun, "yes").await.expect(303);
    assert_eq!(answer.header("location"), format!("{FRONTEND_URL}/?oauth_success=acme"));
    assert!(house.connected().await);
    assert_eq!(house.status(&begun).await.at("status"), "completed");
}

#[tokio::test]
async fn a_no_connects_nothing_and_gives_the_tokens_back() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    let answer = say(&browser, &begun, "no").await.expect(303);
    assert_eq!(answer.header("location"), format!("{FRONTEND_URL}/?oauth_error=The+connection+was+declined"));
    assert!(!house.connected().await);
    let revoked = house.acme.calls().into_iter().find(|call| call.endpoint == "revoke").unwrap();
    assert_eq!(revoked.field("token"), "refresh-1");
    assert_eq!(house.status(&begun).await.at("status"), "failed");
}

#[tokio::test]
async fn an_answer_counts_once() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    say(&browser, &begun, "no").await.expect(303);
    let late = say(&browser, &begun, "yes").await.expect(303);
    assert_eq!(late.header("location"), format!("{FRONTEND_URL}/?oauth_error=Invalid+handshake"));
    assert!(!house.connected().await);
}

#[tokio::test]
async fn nobody_answers_for_somebody_else() {
    let house = House::start().await;
    house.app.register("eve@example.org").await;
    let begun = house.begin(json!({})).await;
    asked(&house, &begun).await;
    // The second is Ada herself, but not in the browser that came from the provider.
    for stranger in ["eve@example.org", "ada@example.org"] {
        let elsewhere = house.browser(stranger).await;
        let answer = say(&elsewhere, &begun, "yes").await.expect(303);
        assert!(answer.header("location").ends_with(&format!("/confirm?handshake={}", begun.id)));
    }
    assert!(!house.connected().await);
}

#[tokio::test]
async fn a_strangers_page_cannot_say_yes() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let mut browser = asked(&house, &begun).await;
    browser.on("https://evil.example");
    let answer = say(&browser, &begun, "yes").await.expect(403);
    assert_eq!(answer.code(), "auth.foreign_origin");
    assert!(!house.connected().await);
}

#[tokio::test]
async fn anything_but_yes_and_no_is_refused() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    let browser = asked(&house, &begun).await;
    say(&browser, &begun, "maybe").await.expect(400);
    browser.post("/oauth/confirm").form(&[("answer", "yes")]).send().await.expect(400);
    say(&browser, &begun, "yes").await.expect(303);
    assert!(house.connected().await);
}

#[tokio::test]
async fn a_yes_before_the_question_is_none() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let answer = say(&browser, &begun, "yes").await.expect(303);
    assert!(answer.header("location").contains("oauth_error=Invalid+handshake"));
}

#[tokio::test]
async fn a_service_key_says_nothing() {
    let house = House::start().await;
    let begun = house.begin(json!({})).await;
    asked(&house, &begun).await;
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    let form = [("handshake", begun.id.as_str()), ("answer", "yes")];
    house.app.post("/oauth/confirm").bearer(&key).form(&form).send().await.expect(403);
}

/// At such a provider a revocation would end the other connections of the same account.
#[tokio::test]
async fn a_no_leaves_alone_what_else_the_account_granted() {
    let acme = Provider::start(ACME).await.revoking_accounts();
    let app = TestApp::setup().provider(&acme).start().await;
    let ada = app.register("ada@example.org").await;
    let house = House { app, acme, ada };
    house.connect("first").await;
    let begun = house.begin(json!({ "label": "second" })).await;
    let browser = asked(&house, &begun).await;
    say(&browser, &begun, "no").await.expect(303);
    assert_eq!(house.acme.count("revoke"), 0);
}
