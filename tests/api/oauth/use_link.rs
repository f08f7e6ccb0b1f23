//! `oauth.use_link`: the form of a connect link's page.

use local::aws::{Fault, Service};
use serde_json::json;
use support::{PUBLIC_URL, Provider, TestApp};

use crate::{
    house::keyed,
    links::{Links, back, param},
};

#[tokio::test]
async fn without_a_confirmation_it_connects_at_once() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({ "confirm": false })).await;
    let end = links.through(&links.house.app.browser(), &page).await;
    assert_eq!((param(&end, "status"), param(&end, "code")), ("connected".to_owned(), String::new()));
    assert!(links.usable().await);
    assert_eq!(links.show(&id).await.at("status"), "connected");
    links.house.app.browser().open(&page).send().await.expect(404);
}

/// The link is one browser's: somebody to whom it is passed on later gets nowhere.
#[tokio::test]
async fn the_first_browser_that_begins_has_the_link() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let (first, second) = (links.house.app.browser(), links.house.app.browser());
    first.open(&page).send().await.expect(200);
    second.open(&page).send().await.expect(200);
    links.press(&first, &page).await.expect(200);
    second.open(&page).send().await.expect(404);
    let refused = links.press(&second, &page).await.expect(303);
    assert!(refused.header("location").starts_with(&format!("{PUBLIC_URL}{page}")));
    assert_eq!(second.cookie("__Host-postern_session"), None);
    let end = links.through(&first, &page).await;
    links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(200);
}

/// The provider's address, passed on after the beginning: the browser that comes back is not the one that began.
#[tokio::test]
async fn another_browser_does_not_finish_what_one_began() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let first = links.house.app.browser();
    let pressed = links.press(&first, &page).await.expect(200);
    let path = back(&pressed, "c");
    let other = links.house.browser("ada@example.org").await;
    let answer = other.open(&path).send().await.expect(302);
    let end: url::Url = answer.header("location").parse().unwrap();
    assert_eq!((param(&end, "status"), param(&end, "code")), ("failed".to_owned(), String::new()));
    first.open(&path).send().await.expect(302);
    assert_eq!(links.house.acme.count("token"), 0, "nothing was exchanged");
    assert_eq!(links.show(&id).await.at("status"), "started");
    // Who has state and code, and even the key, hands them in for nothing.
    let state = path.split("state=").nth(1).unwrap();
    let asked = links.house.app.post("/api/integrations/oauth/callback").bearer(&links.key);
    let asked = asked.header("x-on-behalf-of", "ext:joe").json(json!({ "code": "c", "state": state }));
    asked.send().await.expect(400);
}

#[tokio::test]
async fn who_said_no_at_the_provider_may_try_again() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let browser = links.house.app.browser();
    let pressed = links.press(&browser, &page).await.expect(200);
    let declined = back(&pressed, "c").replace("code=c", "error=access_denied");
    let answer = browser.open(&declined).send().await.expect(302);
    assert!(answer.header("location").contains("status=failed"), "{}", answer.header("location"));
    let end = links.through(&browser, &page).await;
    links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(200);
}

#[tokio::test]
async fn a_link_makes_one_connection() {
    for (confirm, status) in [(true, "status=pending"), (false, "status=connected")] {
        let links = Links::start().await;
        let (_, page) = links.link(json!({ "confirm": confirm })).await;
        let browser = links.house.app.browser();
        let (one, other) = (links.press(&browser, &page).await, links.press(&browser, &page).await);
        let first = browser.open(&back(&one, "c1")).send().await.expect(302);
        let second = browser.open(&back(&other, "c2")).send().await.expect(302);
        assert!(first.header("location").contains(status));
        assert!(second.header("location").contains("status=failed"), "{confirm}: {}", second.header("location"));
        assert_eq!(links.house.acme.count("revoke"), 1, "what came second is given back");
    }
}

/// The link is this browser's once its button was pressed, also where the rest went wrong.
#[tokio::test]
async fn what_went_wrong_on_our_side_can_be_tried_again() {
    let links = Links::start().await;
    let (_, page) = links.link(json!({})).await;
    let browser = links.house.app.browser();
    let fault = Fault::deny().service(Service::DynamoDb).operation("PutItem").role("oauth").times(1);
    links.house.app.faults().add(fault);
    links.press(&browser, &page).await.expect(503);
    assert_eq!(links.house.app.faults().struck(), 1);
    let again = links.press(&browser, &page).await.expect(200);
    let end = browser.open(&back(&again, "c")).send().await.expect(302);
    assert!(end.header("location").contains("status=pending"), "{}", end.header("location"));
}

#[tokio::test]
async fn other_sites_and_made_up_links_get_nowhere() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let mut evil = links.house.app.browser();
    evil.on("https://evil.example");
    assert_eq!(links.press(&evil, &page).await.expect(403).code(), "auth.foreign_origin");
    let browser = links.house.app.browser();
    links.press(&browser, "/connect/nonsense").await.expect(303);
    let token = page.rsplit('/').next().unwrap();
    for form in [vec![("link", token)], vec![("link", token), ("provider", "github")], vec![]] {
        let answer = browser.post("/oauth/link").form(&form).send().await;
        let lost = answer.status() == 303 && answer.header("location").starts_with(PUBLIC_URL);
        assert!(lost || answer.status() == 400, "{}", answer.text());
    }
    links.house.pass(1800);
    links.press(&browser, &page).await.expect(303);
    assert_eq!(links.show(&id).await.at("status"), "expired");
}

/// Also at the first press, without a wrong one before.
#[tokio::test]
async fn a_typed_key_that_needs_no_confirmation_is_connected_at_once() {
    let vault = Provider::start("keyed").await;
    let setup = TestApp::setup().provider(&vault).provider_file("keyed", &keyed(&vault));
    let links = Links::of(setup).await;
    let (id, page) = links.link(json!({ "providers": ["keyed"], "confirm": false })).await;
    let token = page.rsplit('/').next().unwrap();
    let form = [("link", token), ("provider", "keyed"), ("key.api_key", "access-1")];
    let onward = links.house.app.browser().post("/oauth/link").form(&form).send().await.expect(200);
    assert!(onward.text().contains("status=connected"), "{}", onward.text());
    assert_eq!(links.show(&id).await.at("status"), "connected");
}

#[tokio::test]
async fn a_typed_key_is_proved_and_waits_as_well() {
    let vault = Provider::start("keyed").await;
    let setup = TestApp::setup().provider(&vault).provider_file("keyed", &keyed(&vault));
    let links = Links::of(setup).await;
    let (id, page) = links.link(json!({ "providers": ["keyed"] })).await;
    let browser = links.house.app.browser();
    let shown = browser.open(&page).send().await.expect(200);
    assert!(shown.text().contains("name=\"key.api_key\" type=\"password\""), "{}", shown.text());
    let token = page.rsplit('/').next().unwrap();
    let press = async |key: &str| {
        let form = [("link", token), ("provider", "keyed"), ("key.api_key", key)];
        browser.post("/oauth/link").form(&form).send().await
    };
    for (key, said) in [("wrong-key", "validation failed"), ("", "is missing"), ("NO", "does not look right")] {
        let again = press(key).await.expect(400);
        assert!(again.text().contains(said) && !again.text().contains("wrong-key"), "{}", again.text());
    }
    let onward = press("access-1").await.expect(200);
    let text = onward.text();
    let end = text.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let end: url::Url = end.parse().unwrap();
    assert_eq!(param(&end, "status"), "pending");
    assert_eq!(links.house.rows("integrations").await.len(), 0);
    links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(200);
    let asked = links.house.app.get("/api/integrations/status").bearer(&links.key).header("x-on-behalf-of", "ext:joe");
    assert_eq!(asked.send().await.expect(200).at("/keyed/connected"), true);
}
