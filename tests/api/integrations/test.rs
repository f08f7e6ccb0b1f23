//! `integrations.test`: does this credential work? 200 either way; `success` tells.

use serde_json::{Value, json};
use support::{Answer, Reply};

use super::with_keyed;
use crate::{
    bot,
    house::{House, names},
};

async fn test(house: &House, path: &str, body: Value) -> Answer {
    let path = format!("/api/integrations/{path}");
    house.as_ada(house.app.post(path)).json(body).send().await
}

#[tokio::test]
async fn a_credential_that_works_says_whose_it_is_and_is_not_kept() {
    let house = bot::house().await;
    let answer = test(&house, "telegram/test", json!({ "credentials": { "botToken": bot::TOKEN } })).await.expect(200);
    assert_eq!(names(&answer.json()), ["data", "success"]);
    assert_eq!(answer.at("success"), true);
    assert_eq!(answer.at("/data/name"), "Ada's bot");
    assert_eq!(house.get("/api/integrations/status").await.at("/telegram/connected"), false);
}

#[tokio::test]
async fn one_that_does_not_is_a_200_that_says_no() {
    let house = bot::house().await;
    let answer = test(&house, "telegram/test", json!({ "botToken": "1:bad-bad" })).await.expect(200);
    assert_eq!(names(&answer.json()), ["error", "success"]);
    assert_eq!(answer.at("success"), false);
    assert!(!answer.text().contains("bad-bad"));
}

#[tokio::test]
async fn the_stored_one_is_tested_where_none_is_sent() {
    let (house, _keyed) = with_keyed().await;
    let path = "/api/integrations/keyed/credentials";
    house.as_ada(house.app.post(path)).json(json!({ "api_key": "access-one" })).send().await.expect(200);
    house.pass(60);
    assert_eq!(test(&house, "keyed/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.get(path).await.at("lastTested"), "2026-11-20T09:01:00Z");
    // Without a body at all, too.
    house.as_ada(house.app.post("/api/integrations/keyed/test")).send().await.expect(200);
}

#[tokio::test]
async fn the_label_says_which_of_the_stored_ones() {
    let house = House::start().await;
    house.connect("work").await;
    test(&house, "acme/test", json!({})).await.expect(400);
    let answer = test(&house, "acme/test?label=work", json!({})).await.expect(200);
    assert_eq!(answer.at("/data/email"), "account-1@provider.example");
}

#[tokio::test]
async fn nothing_sent_and_nothing_stored_is_told_as_the_old_client_knows_it() {
    let house = House::start().await;
    let answer = test(&house, "acme/test", json!({})).await.expect(400);
    assert_eq!(answer.at("error"), "No credentials provided and none stored");
    assert_eq!(answer.at("success"), false);
    let eve = house.app.register("eve@example.org").await;
    house.connect("default").await;
    house.app.post("/api/integrations/acme/test").bearer(&eve.access_token).send().await.expect(400);
}

#[tokio::test]
async fn an_unknown_provider_is_a_no_as_well() {
    let answer = test(&House::start().await, "nobody/test", json!({ "key": "x" })).await.expect(200);
    assert_eq!(answer.json(), json!({ "success": false, "error": "Unknown provider: nobody" }));
}

#[tokio::test]
async fn an_old_token_is_refreshed_before_it_is_tested() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    house.pass(590);
    assert_eq!(test(&house, "acme/test", json!({})).await.expect(200).at("success"), true);
    assert_eq!(house.acme.count("token"), 2);
}

#[tokio::test]
async fn a_grant_that_has_ended_fails_the_test() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    house.pass(590);
    house.acme.reply(Reply::error("invalid_grant"));
    let answer = test(&house, "acme/test", json!({})).await.expect(200);
    assert_eq!(answer.at("success"), false);
    assert!(answer.at("error").as_str().unwrap().contains("connect again"), "{}", answer.text());
}

#[tokio::test]
async fn what_is_no_credential_is_refused() {
    let house = bot::house().await;
    for body in [json!({ "credentials": [] }), json!({ "credentials": { "botToken": 7 } }), json!([1])] {
        test(&house, "telegram/test", body).await.expect(400);
    }
    let malformed = house.app.post("/api/integrations/telegram/test").header("content-type", "application/json");
    let answer = house.as_ada(malformed).body("{\"botToken\": \"canary").send().await.expect(400);
    assert!(!answer.text().contains("canary"));
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    house.app.post("/api/integrations/telegram/test").bearer(&reader).send().await.expect(403);
}
