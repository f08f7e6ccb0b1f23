//! `oauth.confirm_link`: `POST /api/connect/links/{id}/confirm`

use local::aws::{Fault, Service};
use serde_json::json;

use crate::links::{Links, param};

#[tokio::test]
async fn an_account_is_usable_after_the_confirmation_and_not_before() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let browser = links.house.app.browser();
    let end = links.through(&browser, &page).await;
    assert!(end.as_str().starts_with("https://front.example/connected?tab=1&"), "{end}");
    assert_eq!((param(&end, "link"), param(&end, "status")), (id.clone(), "pending".to_owned()));
    assert_eq!(links.house.rows("integrations").await.len(), 0);
    assert!(!links.usable().await);
    let code = param(&end, "code");
    let confirmed = links.confirm(&id, &code, "ext:joe").await.expect(200);
    assert_eq!(confirmed.at("status"), "connected");
    assert!(links.usable().await);
    assert_eq!(links.confirm(&id, &code, "ext:joe").await.expect(200).json(), confirmed.json(), "asked again");
    let shown = links.show(&id).await;
    assert_eq!(shown.at("integrationId"), confirmed.at("integrationId"));
    links.house.pass(3600);
    links.house.app.tick().await;
    assert_eq!(links.house.acme.count("revoke"), 0, "what is connected is not given back");
    assert_eq!(links.house.rows("timers").await.len(), 0);
}

/// Joe begins, and sends the link to Bob, who connects his account with it. At the return address the app sees Bob.
#[tokio::test]
async fn a_link_passed_on_connects_nothing() {
    let links = Links::start().await;
    links.user("bob").await;
    let (id, page) = links.link(json!({})).await;
    let of_bob = links.house.app.browser();
    let end = links.through(&of_bob, &page).await;
    let code = param(&end, "code");
    assert_eq!(links.confirm(&id, &code, "ext:bob").await.expect(409).code(), "connect.link_refused");
    // Joe has the link, and the link's id, but not what Bob's browser took to the return address.
    assert_eq!(links.confirm(&id, &"0".repeat(44), "ext:joe").await.expect(409).code(), "connect.link_refused");
    assert!(!links.usable().await);
    let rows = links.house.rows("integrations").await;
    assert_eq!(rows.len(), 0);
    links.house.pass(1800 + 60);
    links.house.app.tick().await;
    assert_eq!(links.house.acme.count("revoke"), 1, "and Bob's tokens are given back");
    links.confirm(&id, &code, "ext:joe").await.expect(409);
    assert!(!links.usable().await);
}

#[tokio::test]
async fn what_is_not_confirmed_in_time_is_dropped_and_given_back() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let end = links.through(&links.house.app.browser(), &page).await;
    links.house.pass(1800);
    assert_eq!(links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(409).code(), "connect.link_refused");
    links.house.pass(60);
    links.house.app.tick().await;
    assert_eq!((links.house.acme.count("revoke"), links.house.rows("timers").await.len()), (1, 0));
    assert!(!links.usable().await);
}

#[tokio::test]
async fn of_many_confirmations_at_once_one_connects_and_all_hear_of_it() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let end = links.through(&links.house.app.browser(), &page).await;
    let code = param(&end, "code");
    let (a, b, c) = tokio::join!(
        links.confirm(&id, &code, "ext:joe"),
        links.confirm(&id, &code, "ext:joe"),
        links.confirm(&id, &code, "ext:joe")
    );
    assert_eq!([a, b, c].map(|answer| answer.status()), [200; 3]);
    let rows = links.house.rows("integrations").await;
    assert_eq!((rows.len(), rows[0]["grant"].as_n().unwrap().as_str()), (1, "1"));
}

#[tokio::test]
async fn a_lost_answer_is_not_noticed() {
    for n in 1..=3 {
        let links = Links::start().await;
        let (id, page) = links.link(json!({})).await;
        let end = links.through(&links.house.app.browser(), &page).await;
        links.house.app.faults().add(Fault::lose_answer().service(Service::DynamoDb).role("oauth").writes().nth(n));
        links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(200);
        assert!(links.usable().await);
        let rows = links.house.rows("integrations").await;
        assert_eq!(rows[0]["grant"].as_n().unwrap(), "1", "{n}");
    }
}

#[tokio::test]
async fn a_renewed_connection_keeps_its_id() {
    let links = Links::start().await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (id, page) = links.link(json!({})).await;
        let end = links.through(&links.house.app.browser(), &page).await;
        let confirmed = links.confirm(&id, &param(&end, "code"), "ext:joe").await.expect(200);
        ids.push(confirmed.at("integrationId"));
    }
    assert_eq!(ids[0], ids[1]);
}

#[tokio::test]
async fn callers_without_the_right_and_bad_input_are_refused() {
    let links = Links::start().await;
    let (id, page) = links.link(json!({})).await;
    let end = links.through(&links.house.app.browser(), &page).await;
    let code = param(&end, "code");
    let house = &links.house;
    let path = format!("/api/connect/links/{id}/confirm");
    let body = json!({ "code": code, "user": "ext:joe" });
    house.app.post(&path).json(body.clone()).send().await.expect(401);
    house.as_ada(house.app.post(&path)).json(body.clone()).send().await.expect(403);
    let eve = house.app.register("eve@example.org").await;
    let scopes = json!({ "name": "k", "scopes": ["integrations:write", "users:act"], "users": "*" });
    let foreign = house.app.service_key(&eve, scopes).await;
    house.app.post(&path).bearer(&foreign).json(body.clone()).send().await.expect(404);
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read", "users:act"], "users": "*" })).await;
    house.app.post(&path).bearer(&reader).json(body).send().await.expect(403);
    links.post(&path, json!({ "user": "ext:joe" })).await.expect(400);
    links.post(&path, json!({ "code": code })).await.expect(400);
    links.confirm(&id, &code, "ext:nobody").await.expect(403);
    let (fresh, _) = links.link(json!({})).await;
    links.confirm(&fresh, &code, "ext:joe").await.expect(409);
    links.confirm(&id, &code, "ext:joe").await.expect(200);
}

/// The limit is told, and what waits is not lost by it.
#[tokio::test]
async fn a_full_user_keeps_what_waits_until_there_is_room() {
    let links = Links::of(support::TestApp::setup().set("MAX_INTEGRATIONS", "1")).await;
    let (id, page) = links.link(json!({ "labels": { "acme": "one" } })).await;
    let first = links.through(&links.house.app.browser(), &page).await;
    let (other, page) = links.link(json!({ "labels": { "acme": "two" } })).await;
    let second = links.through(&links.house.app.browser(), &page).await;
    links.confirm(&id, &param(&first, "code"), "ext:joe").await.expect(200);
    let full = links.confirm(&other, &param(&second, "code"), "ext:joe").await.expect(409);
    assert_eq!(full.code(), "organisation.limit_reached");
    let gone = links.house.app.delete("/api/integrations/acme/credentials?label=one").bearer(&links.key);
    gone.header("x-on-behalf-of", "ext:joe").send().await.expect(200);
    links.confirm(&other, &param(&second, "code"), "ext:joe").await.expect(200);
}
