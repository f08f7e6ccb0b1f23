//! `credentials.usage_report`: what models were used for.

use serde_json::{Value, json};

use super::log_usage::{logging_key, used};
use crate::house::House;

/// A use of a model a day, for four days.
async fn days(house: &House) {
    let key = logging_key(house).await;
    for (user, model) in [("ada", "gpt-4"), ("ada", "gpt-4"), ("bob", "gpt-4"), ("ada", "gpt-3.5-turbo")] {
        let mut body = used();
        (body["username"], body["model"]) = (user.into(), model.into());
        house.app.post("/api/usage/log").bearer(&key).json(body).send().await.expect(200);
        house.pass(86_400);
    }
}

async fn ada(house: &House) -> String {
    let body = json!({ "email": "ada@example.org", "password": crate::house::PASSWORD });
    let answer = house.app.post("/api/auth/login").json(body).send().await.expect(200);
    answer.at("access_token").as_str().unwrap().to_owned()
}

#[tokio::test]
async fn it_adds_up_by_user_project_and_model_over_a_span() {
    let house = House::start().await;
    days(&house).await;
    let token = ada(&house).await;
    let ask =
        async |query: &str| house.app.get(format!("/api/usage/report{query}")).bearer(&token).send().await.expect(200);
    let all = ask("").await;
    assert_eq!((all.at("from"), all.at("to")), (json!("2026-10-26"), json!("2026-11-24")));
    let rows: Vec<Value> = all.at("usage").as_array().unwrap().clone();
    let seen: Vec<_> = rows.iter().map(|row| (&row["userId"], &row["model"], &row["requests"])).collect();
    assert_eq!(json!(seen), json!([["ada", "gpt-3.5-turbo", 1], ["ada", "gpt-4", 2], ["bob", "gpt-4", 1]]));
    assert_eq!(all.at("totals"), json!({ "requests": 4, "inputTokens": 40, "outputTokens": 20, "totalTokens": 60 }));
    assert_eq!(all.at("nextCursor"), Value::Null);
    for (query, requests) in [
        ("?from=2026-11-21&to=2026-11-22", 2),
        ("?from=2026-11-20&to=2026-11-20", 1),
        ("?from=2026-11-10&to=2026-11-19", 0),
        ("?user=ada", 3),
        ("?user=ad", 0),
        ("?model=gpt-4", 3),
        ("?projectId=hr", 0),
    ] {
        assert_eq!(ask(query).await.at("/totals/requests"), requests, "{query}");
    }
}

#[tokio::test]
async fn a_span_that_is_none_or_too_long_is_told() {
    let house = House::start().await;
    for query in [
        "?from=2026-11-20&to=2026-11-19",
        "?from=2026-01-01&to=2026-11-19",
        "?from=yesterday",
        "?cursor=bm9uZQ",
        "?cursor=MjAyNS0wMS0wMS94",
        // A place in the numbers of `zed`.
        "?from=2026-11-19&to=2026-11-20&user=ada&cursor=MjAyNi0xMS0yMC96ZWQjbSNw",
    ] {
        house.get(&format!("/api/usage/report{query}")).await.expect(400);
    }
}

#[tokio::test]
async fn members_see_their_own_and_strangers_nothing() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let eve = house.app.register("eve@example.org").await;
    for token in [&house.ada.access_token, &bob.access_token] {
        house.app.post("/api/usage/log").bearer(token).json(used()).send().await.expect(200);
    }
    let requests = async |token: &str, query: &str| {
        let path = format!("/api/usage/report{query}");
        house.app.get(path).bearer(token).send().await.expect(200).at("/totals/requests")
    };
    assert_eq!(requests(&house.ada.access_token, "").await, 2);
    assert_eq!(requests(&bob.access_token, "").await, 1);
    assert_eq!(requests(&bob.access_token, &format!("?user={}", house.ada.id)).await, 1);
    assert_eq!(requests(&eve.access_token, "").await, 0);
}

#[tokio::test]
async fn a_key_sees_what_it_is_limited_to() {
    let house = House::start().await;
    days(&house).await;
    let token = ada(&house).await;
    let requests = async |limits: Value| {
        let mut body = json!({ "name": "k", "scopes": ["usage:read"] });
        body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        let made = house.app.post("/api/auth/keys").bearer(&token).json(body).send().await.expect(200);
        let key = made.at("key");
        house.app.get("/api/usage/report").bearer(key.as_str().unwrap()).send().await.at("/totals/requests")
    };
    assert_eq!(requests(json!({ "users": "*" })).await, 4);
    assert_eq!(requests(json!({ "users": "*", "project": "al-chat" })).await, 4);
    assert_eq!(requests(json!({ "users": "*", "project": "hr" })).await, 0);
    assert_eq!(requests(json!({})).await, 0);
    assert_eq!(requests(json!({ "scopes": ["usage:write"] })).await, Value::Null);
}
