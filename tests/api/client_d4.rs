//! D4's `connectionApi.ts`: `fetch` from a page of ours, with the session cookie and without `Authorization`; bare
//! credentials; any status that is not 2xx is a failure whose text is in `error`.

use serde_json::json;
use support::Browser;

use crate::{bot, house::House};

/// `getAllConnectionStatuses`.
async fn statuses(browser: &Browser<'_>) -> serde_json::Value {
    browser.open("/api/integrations/status").send().await.expect(200).json()
}

#[tokio::test]
async fn save_test_and_delete_bare_credentials() {
    let house = bot::house().await;
    let page = house.browser("ada@example.org").await;
    let credentials = json!({ "botToken": bot::TOKEN });
    let tested = page.post("/api/integrations/telegram/test").json(credentials.clone()).send().await.expect(200);
    assert_eq!(tested.at("success"), true);
    page.post("/api/integrations/telegram/credentials").json(credentials).send().await.expect(200);
    assert_eq!(statuses(&page).await["telegram"]["connected"], true);
    let stored = page.post("/api/integrations/telegram/test").json(json!({})).send().await.expect(200);
    assert_eq!(stored.at("success"), true);
    let map = statuses(&page).await;
    assert_eq!(map["telegram"]["lastTested"], "2026-11-20T09:00:00Z");
    let delete = house.app.delete("/api/integrations/telegram/credentials");
    let cookie = format!("__Host-postern_session={}", page.cookie("__Host-postern_session").unwrap());
    delete.header("cookie", &cookie).header("sec-fetch-site", "same-origin").send().await.expect(200);
    assert_eq!(statuses(&page).await["telegram"]["connected"], false);
}

#[tokio::test]
async fn start_then_poll_every_two_seconds_until_completed() {
    let house = House::start().await;
    let page = house.browser("ada@example.org").await;
    let begun = house.begin_in(&page, json!({})).await;
    let path = format!("/api/integrations/oauth/status/{}", begun.id);
    let mut seen = Vec::new();
    for round in 0..6 {
        if round == 4 {
            page.open(&begun.back("c")).send().await.expect(302);
        }
        let answer = page.open(&path).send().await.expect(200).at("status");
        seen.push(answer.as_str().unwrap().to_owned());
        if answer == "completed" {
            break;
        }
        house.pass(2);
    }
    assert_eq!(seen, ["pending", "pending", "pending", "pending", "completed"]);
}

/// Ten minutes of polling every two seconds are three hundred calls; the limit is sixty a minute.
#[tokio::test]
async fn polling_stays_within_the_limits() {
    let house = House::start().await;
    let page = house.browser("ada@example.org").await;
    let begun = house.begin_in(&page, json!({})).await;
    for _ in 0..299 {
        house.pass(2);
        let path = format!("/api/integrations/oauth/status/{}", begun.id);
        page.open(&path).send().await.expect(200);
    }
}

#[tokio::test]
async fn a_failure_is_read_from_error() {
    let house = House::start().await;
    let page = house.browser("ada@example.org").await;
    let answer = page.post("/api/integrations/oauth/start/telegram").json(json!({})).send().await.expect(500);
    assert_eq!(answer.at("success"), false);
    assert_eq!(answer.at("error"), "OAuth not supported for provider: telegram");
}

#[tokio::test]
async fn the_cookie_serves_pages_of_ours_alone() {
    let house = House::start().await;
    let mut page = house.browser("ada@example.org").await;
    page.post("/api/integrations/acme/test").json(json!({})).send().await.expect(400);
    page.on("https://evil.example");
    let answer = page.post("/api/integrations/acme/test").json(json!({})).send().await.expect(403);
    assert_eq!(answer.code(), "auth.foreign_origin");
    page.forget();
    page.post("/api/integrations/acme/test").json(json!({})).send().await.expect(401);
}
