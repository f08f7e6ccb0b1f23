//! `oauth.google_initiate`: D2's way to begin to connect Google Calendar or Drive, and back.

use serde_json::json;
use support::{FRONTEND_URL, Provider, TestApp};
use url::Url;

use crate::house::{House, names};

async fn house() -> House {
    let google = Provider::start("google_calendar").await;
    let file = format!("override = true\n{}", google.file());
    House::of(TestApp::setup().provider(&google).provider_file("google_calendar", &file)).await
}

#[tokio::test]
async fn whoever_returns_is_told_in_d2s_words() {
    let house = house().await;
    let browser = house.browser("ada@example.org").await;
    let body = json!({ "service": "google_calendar", "returnUrl": format!("{FRONTEND_URL}/settings") });
    let begin = async || {
        let answer = browser.post("/api/google/initiate").json(body.clone()).send().await.expect(200);
        assert_eq!(names(&answer.json()), ["authUrl", "success"]);
        let url: Url = answer.at("authUrl").as_str().unwrap().parse().unwrap();
        url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
    };
    let path = format!("/api/google/callback?code=c&state={}", begin().await);
    let back = browser.open(&path).send().await.expect(302);
    let place: Url = back.header("location").parse().unwrap();
    assert_eq!(place.path(), "/settings");
    assert!(place.query_pairs().any(|(name, value)| name == "googleCalendar" && value == "connected"), "{place}");
    let path = format!("/api/google/callback?error=access_denied&state={}", begin().await);
    let refused = browser.open(&path).send().await.expect(302);
    let place: Url = refused.header("location").parse().unwrap();
    assert!(place.query_pairs().any(|(name, _)| name == "error"), "{place}");
    assert!(place.query_pairs().all(|(name, _)| name != "googleCalendar"), "{place}");
}

/// D2's front end knows nothing of `oauth_error`.
#[tokio::test]
async fn whoever_returns_without_a_handshake_is_told_in_d2s_words_as_well() {
    let house = house().await;
    let told = async |path: &str| {
        let back = house.app.browser().open(path).send().await.expect(302);
        let place: Url = back.header("location").parse().unwrap();
        let value =
            |name: &str| place.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        (value("oauth_error").unwrap(), value("error"))
    };
    for (query, sentence) in [("", "Missing code or state"), ("?code=c&state=none", "Invalid state parameter")] {
        let both = (sentence.to_owned(), Some(sentence.to_owned()));
        assert_eq!(told(&format!("/api/google/callback{query}")).await, both);
        assert_eq!(
            told(&format!("/callback{query}")).await,
            (sentence.to_owned(), None),
            "nobody else of D2 comes here"
        );
    }
}

#[tokio::test]
async fn another_service_place_or_user_is_refused() {
    let house = house().await;
    let ask = async |body| house.as_ada(house.app.post("/api/google/initiate")).json(body).send().await;
    ask(json!({ "service": "google_mail" })).await.expect(400);
    ask(json!({})).await.expect(400);
    let away = json!({ "service": "google_calendar", "returnUrl": "https://evil.example/" });
    assert_eq!(ask(away).await.expect(400).code(), "oauth.redirect_refused");
    let bob = house.colleague("bob@example.org").await;
    ask(json!({ "service": "google_calendar", "userId": bob.id })).await.expect(403);
}
