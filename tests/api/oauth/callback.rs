//! `oauth.callback`: where the provider sends the browser. The answer is always a redirect; a person is looking at it.

use serde_json::json;
use support::{Answer, Browser, FRONTEND_URL, PUBLIC_URL, TestApp};

use crate::house::{Begun, House, with_alias};

/// Where a callback leads.
async fn lead(browser: &Browser<'_>, path: &str) -> String {
    browser.open(path).send().await.expect(302).header("location").to_owned()
}

fn front(parameter: &str) -> String {
    format!("{FRONTEND_URL}/?{parameter}")
}

#[tokio::test]
async fn the_starting_browser_is_connected_and_led_back_to_the_front_end() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let answer = browser.open(&begun.back("good-code")).send().await.expect(302);
    assert_eq!(answer.header("location"), front("oauth_success=acme"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    assert!(house.connected().await);
    assert_eq!(house.acme.calls()[0].field("code"), "good-code");
}

#[tokio::test]
async fn it_leads_to_where_the_starter_said() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({ "returnTo": format!("{FRONTEND_URL}/done?tab=2") })).await;
    assert_eq!(lead(&browser, &begun.back("c")).await, format!("{FRONTEND_URL}/done?tab=2&oauth_success=acme"));
}

/// A front end that got the code may forward the browser here as it came.
#[tokio::test]
async fn an_address_without_the_providers_name_does_the_same() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({ "redirectUri": format!("{FRONTEND_URL}/cb") })).await;
    let path = format!("/callback?code=c&state={}", begun.state());
    assert_eq!(lead(&browser, &path).await, front("oauth_success=acme"));
    assert_eq!(house.acme.calls()[0].field("redirect_uri"), begun.param("redirect_uri"));
}

/// A hostile provider sends the browser on to another one, whose code then comes in under the hostile one's state.
#[tokio::test]
async fn an_answer_that_arrives_where_it_was_not_sent_is_not_taken() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    for place in ["/callback", "/api/google/callback"] {
        let path = format!("{place}?code=of-another&state={}", begun.state());
        assert_eq!(lead(&browser, &path).await, front("oauth_error=Invalid+handshake"), "{place}");
    }
    assert_eq!(house.acme.count("token"), 0);
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_success=acme"));
}

#[tokio::test]
async fn what_is_missing_or_unknown_is_told_as_the_old_client_knows_it() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let at = |query: &str| format!("/api/integrations/oauth/callback/acme?{query}");
    let missing = front("oauth_error=Missing+code+or+state");
    assert_eq!(lead(&browser, &at("")).await, missing);
    assert_eq!(lead(&browser, &at("code=c")).await, missing);
    assert_eq!(lead(&browser, &at(&format!("state={}", begun.state()))).await, missing);
    assert_eq!(lead(&browser, &at("code=c&state=made-up")).await, front("oauth_error=Invalid+state+parameter"));
    assert_eq!(house.acme.count("token"), 0);
}

/// D4's client compares it with what it asked for.
#[tokio::test]
async fn it_calls_the_provider_as_it_was_asked_for() {
    let house = with_alias().await;
    let browser = house.browser("ada@example.org").await;
    let begun = Begun::of(&browser.post("/api/integrations/oauth/start/acme_oauth").send().await.expect(200));
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_success=acme_oauth"));
    let begun = house.begin_in(&browser, json!({})).await;
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_success=acme"));
}

/// Front ends that send each parameter on.
#[tokio::test]
async fn an_empty_error_is_none_and_an_empty_code_is_missing() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let missing = front("oauth_error=Missing+code+or+state");
    assert_eq!(lead(&browser, &begun.back("")).await, missing);
    assert_eq!(lead(&browser, &format!("{}&error=", begun.back("c"))).await, front("oauth_success=acme"));
}

#[tokio::test]
async fn another_providers_address_is_not_taken() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let path = format!("/api/integrations/oauth/callback/github?code=c&state={}", begun.state());
    assert_eq!(lead(&browser, &path).await, front("oauth_error=Invalid+handshake"));
    assert_eq!(house.acme.count("token"), 0);
}

#[tokio::test]
async fn a_state_serves_once() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_success=acme"));
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_error=Invalid+handshake"));
    assert_eq!(house.acme.count("token"), 1);
}

#[tokio::test]
async fn after_ten_minutes_it_is_too_late() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    house.pass(600);
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_error=Handshake+expired"));
    assert_eq!(house.acme.count("token"), 0);
}

#[tokio::test]
async fn a_no_at_the_provider_uses_the_state_up_and_is_not_repeated() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let said = "error=access_denied&error_description=%3Cscript%3Ewords-of-theirs&error_uri=https://evil.example";
    let path = format!("/api/integrations/oauth/callback/acme?{said}&state={}", begun.state());
    let answer = browser.open(&path).send().await.expect(302);
    assert_eq!(answer.header("location"), front("oauth_error=The+provider+refused+the+connection"));
    assert!(!answer.text().contains("words-of-theirs"));
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_error=Invalid+handshake"));
    let status = house.status(&begun).await;
    assert_eq!(status.at("status"), "failed");
    assert!(!status.text().contains("words-of-theirs"));
}

#[tokio::test]
async fn a_parameter_sent_twice_is_refused() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    for more in ["&code=other", "&state=other", "&%73tate=other"] {
        browser.open(&format!("{}{more}", begun.back("c"))).send().await.expect(400);
    }
    assert_eq!(lead(&browser, &begun.back("c")).await, front("oauth_success=acme"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_callbacks_at_once_make_one_exchange() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let begun = house.begin_in(&browser, json!({})).await;
    let path = begun.back("c");
    let asked = futures_util::future::join_all((0..50).map(|_| lead(&browser, &path))).await;
    assert_eq!(asked.iter().filter(|to| **to == front("oauth_success=acme")).count(), 1);
    assert_eq!(asked.iter().filter(|to| **to == front("oauth_error=Invalid+handshake")).count(), 49);
    assert_eq!(house.acme.count("token"), 1);
}

/// The same product with a provider that announces who issues its codes (RFC 9207).
async fn with_issuer() -> House {
    let issuing = support::Provider::start("issuing").await;
    let file = issuing.file().replace("[auth.oauth2]\n", "[auth.oauth2]\nissuer = \"https://issuer.example\"\n");
    let setup = TestApp::setup().provider(&issuing).provider_file("issuing", &file);
    let house = House::of(setup).await;
    House { acme: issuing, ..house }
}

async fn issued(house: &House, browser: &Browser<'_>, issuer: &str) -> (Begun, Answer) {
    let begun = browser.post("/api/integrations/oauth/start/issuing").send().await.expect(200);
    let begun = Begun::of(&begun);
    let path = format!("/api/integrations/oauth/callback/issuing?code=c&state={}{issuer}", begun.state());
    let answer = browser.open(&path).send().await.expect(302);
    assert_eq!(house.status(&begun).await.at("status") == "completed", answer.header("location").contains("success"));
    (begun, answer)
}

#[tokio::test]
async fn an_answer_of_another_issuer_or_of_none_is_refused() {
    let house = with_issuer().await;
    let browser = house.browser("ada@example.org").await;
    for issuer in ["", "&iss=", "&iss=https://evil.example", "&iss=https://issuer.example/"] {
        let (begun, answer) = issued(&house, &browser, issuer).await;
        assert_eq!(answer.header("location"), front("oauth_error=The+answer+came+from+another+issuer"), "{issuer}");
        assert_eq!(house.status(&begun).await.at("status"), "failed");
    }
    assert_eq!(house.acme.count("token"), 0);
    issued(&house, &browser, "&iss=https://issuer.example").await;
    assert_eq!(house.acme.count("token"), 1);
}

#[tokio::test]
async fn without_a_front_end_the_console_is_where_it_leads() {
    let house = House::of(TestApp::setup().set("FRONTEND_URL", "")).await;
    let browser = house.app.browser();
    assert_eq!(lead(&browser, "/callback").await, format!("{PUBLIC_URL}/?oauth_error=Missing+code+or+state"));
}
