//! `integrations.save`: tests a typed credential, then keeps it.

use serde_json::{Value, json};
use support::Answer;

use super::with_keyed;
use crate::{
    bot,
    house::{House, names},
};

async fn save(house: &House, path: &str, body: Value) -> Answer {
    let path = format!("/api/integrations/{path}");
    house.as_ada(house.app.post(path)).json(body).send().await
}

#[tokio::test]
async fn a_bare_credential_that_works_is_kept() {
    let house = bot::house().await;
    let answer = save(&house, "telegram/credentials", json!({ "botToken": bot::TOKEN })).await.expect(200);
    assert_eq!(names(&answer.json()), ["message", "success", "testData"]);
    assert_eq!(answer.at("success"), true);
    assert_eq!(answer.at("message"), "Credentials saved and validated");
    assert_eq!(answer.at("/testData/username"), "ada_bot");
    assert_eq!(answer.at("/testData/id"), "42");
    assert!(!answer.text().contains("a-good-token"));
    assert_eq!(house.get("/api/integrations/status").await.at("/telegram/connected"), true);
}

#[tokio::test]
async fn older_spellings_and_the_wrapped_form_are_taken() {
    let house = bot::house().await;
    for body in [
        json!({ "credentials": { "botToken": bot::TOKEN } }),
        json!({ "token": bot::TOKEN }),
        json!({ "bot_token": bot::TOKEN }),
    ] {
        save(&house, "telegram/credentials", body).await.expect(200);
    }
}

#[tokio::test]
async fn one_that_the_provider_refuses_is_not_kept() {
    let house = bot::house().await;
    let body = json!({ "botToken": "123456:a-bad-token" });
    let answer = save(&house, "telegram/credentials", body).await.expect(400);
    assert_eq!(answer.code(), "provider.credential_refused");
    assert_eq!(answer.at("success"), false);
    assert!(answer.at("error").as_str().unwrap().starts_with("Credentials validation failed"));
    assert!(!answer.text().contains("a-bad-token"));
    assert_eq!(house.get("/api/integrations/status").await.at("/telegram/connected"), false);
}

#[tokio::test]
async fn a_refused_one_does_not_replace_the_one_that_works() {
    let house = bot::house().await;
    save(&house, "telegram/credentials", json!({ "botToken": bot::TOKEN })).await.expect(200);
    save(&house, "telegram/credentials", json!({ "botToken": "123456:worse" })).await.expect(400);
    let tested = save(&house, "telegram/test", json!({})).await.expect(200);
    assert_eq!(tested.at("success"), true);
}

#[tokio::test]
async fn what_has_not_the_form_of_one_is_named_and_not_repeated() {
    let house = bot::house().await;
    let answer = save(&house, "telegram/credentials", json!({ "botToken": "no token at all" })).await.expect(400);
    assert_eq!(answer.at("/errors/0/pointer"), "/credentials/botToken");
    assert!(!answer.text().contains("no token at all"));
    for body in [json!({}), json!({ "credentials": {} }), json!({ "credentials": "text" }), json!({ "other": "x" })] {
        save(&house, "telegram/credentials", body).await.expect(400);
    }
    save(&house, "nobody/credentials", json!({ "key": "x" })).await.expect(404);
}

/// An address is logged and kept in histories.
#[tokio::test]
async fn a_credential_in_the_address_is_not_taken() {
    let house = bot::house().await;
    save(&house, &format!("telegram/credentials?botToken={}", bot::TOKEN), json!({})).await.expect(400);
}

#[tokio::test]
async fn two_keys_stand_under_two_labels() {
    let (house, _keyed) = with_keyed().await;
    save(&house, "keyed/credentials", json!({ "api_key": "access-one" })).await.expect(200);
    save(&house, "keyed/credentials?label=work", json!({ "api_key": "access-two" })).await.expect(200);
    let map = house.get("/api/integrations/status").await;
    assert_eq!(map.at("/keyed/connected"), true);
    assert_eq!(map.json()["keyed:work"]["connected"], true);
    for label in ["", "a%23b", &"x".repeat(1100)] {
        let path = format!("keyed/credentials?label={label}");
        save(&house, &path, json!({ "api_key": "access-one" })).await.expect(400);
    }
}

#[tokio::test]
async fn a_new_key_takes_the_place_of_the_old_under_the_same_id() {
    let (house, _keyed) = with_keyed().await;
    let id = async || house.get("/api/integrations").await.at("/0/id");
    save(&house, "keyed/credentials", json!({ "api_key": "access-one" })).await.expect(200);
    let first = id().await;
    save(&house, "keyed/credentials", json!({ "api_key": "access-two" })).await.expect(200);
    assert_eq!(id().await, first);
}

/// D2's and D4's clients hand over tokens that they got themselves.
#[tokio::test]
async fn tokens_that_were_got_elsewhere_are_kept_and_lent() {
    let house = House::start().await;
    let tokens = json!({ "accessToken": "access-0", "refreshToken": "refresh-0", "expiresIn": 3600 });
    save(&house, "acme/credentials", tokens).await.expect(200);
    let key = house.token_key().await;
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-0");
    house.pass(3500);
    assert_eq!(house.token(&key).await.expect(200).at("access_token"), "access-1");
    assert_eq!(house.acme.calls()[0].field("refresh_token"), "refresh-0");
}

#[tokio::test]
async fn a_token_of_the_wrong_kind_is_not_repeated() {
    let house = House::start().await;
    let body = json!({ "accessToken": { "nested": "canary-token" } });
    let answer = save(&house, "acme/credentials", body).await.expect(400);
    assert!(!answer.text().contains("canary-token"));
    let absurd = json!({ "accessToken": "access-0", "expiresIn": u64::MAX });
    save(&house, "acme/credentials", absurd).await.expect(400);
}

#[tokio::test]
async fn a_key_saves_with_the_right_to() {
    let (house, _keyed) = with_keyed().await;
    let save = async |body| {
        let key = house.key(body).await;
        let asked = house.app.post("/api/integrations/keyed/credentials").bearer(&key);
        asked.json(json!({ "api_key": "access-one" })).send().await.status()
    };
    assert_eq!(save(json!({ "name": "k", "scopes": ["integrations:read"] })).await, 403);
    assert_eq!(save(json!({ "name": "k", "scopes": ["integrations:write"], "providers": ["acme"] })).await, 403);
    assert_eq!(save(json!({ "name": "k", "scopes": ["integrations:write"] })).await, 200);
}

/// Each client has its own word for when a token ends.
#[tokio::test]
async fn the_end_of_a_token_is_read_however_it_is_told() {
    let house = House::start().await;
    let end = "2026-11-20T10:00:00Z";
    let seconds = end.parse::<jiff::Timestamp>().unwrap().as_second();
    for (name, value) in [
        ("expiresIn", json!("3600")),
        ("expires_in", json!(3600)),
        ("expiryDate", json!(seconds * 1000)),
        ("tokenExpiry", json!(end)),
        ("expires_at", json!(seconds)),
    ] {
        let mut tokens = json!({ "accessToken": "access-0", "refreshToken": "refresh-0", "scope": "read write" });
        tokens[name] = value;
        save(&house, "acme/credentials", tokens).await.expect(200);
        let shown = house.get("/api/integrations/acme/credentials").await.expect(200);
        assert_eq!(shown.at("expiresAt"), end, "{name}");
        assert_eq!(shown.at("lastTested"), "2026-11-20T09:00:00Z", "saving has tested it");
    }
    assert_eq!(house.get("/api/integrations").await.at("/0/scopes"), json!(["read", "write"]));
    let odd = json!({ "accessToken": "access-0", "tokenExpiry": "tomorrow" });
    let answer = save(&house, "acme/credentials", odd).await.expect(400);
    assert_eq!(answer.at("/errors/0/pointer"), "/credentials/tokenExpiry");
}

/// One that has ended and can be renewed is renewed when it is asked for, and not lent.
#[tokio::test]
async fn a_provider_that_is_down_has_refused_nothing() {
    let house = House::start().await;
    let tokens = json!({ "accessToken": "access-0", "refreshToken": "refresh-0", "expiresIn": 60 });
    save(&house, "acme/credentials", tokens).await.expect(200);
    house.pass(61);
    assert_eq!(house.token(&house.token_key().await).await.expect(200).at("access_token"), "access-1");
    let down = json!({ "botToken": bot::TOKEN });
    let answer = save(&house, "telegram/credentials", down).await.expect(400);
    assert_ne!(answer.code(), "provider.credential_refused");
}
