//! `credentials.log_usage`: counts one use of a model.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::Answer;

use crate::house::House;

/// What AL-Chat sends.
pub(crate) fn used() -> Value {
    json!({
        "userId": null, "username": "ada", "isGuest": false, "sessionId": "s-1", "projectId": "al-chat",
        "model": "gpt-4", "inputTokens": 10, "outputTokens": 5, "totalTokens": 15,
    })
}

/// A key that may log for everybody.
pub(crate) async fn logging_key(house: &House) -> String {
    house.key(json!({ "name": "al-chat", "scopes": ["usage:write"], "users": "*" })).await
}

async fn log(house: &House, key: &str, body: Value) -> Answer {
    house.app.post("/api/usage/log").basic("al-chat", key).json(body).send().await
}

async fn report(house: &House) -> Value {
    house.get("/api/usage/report").await.expect(200).at("usage")
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut body = used();
    body[name] = value.into();
    body
}

#[tokio::test]
async fn a_use_is_counted_each_time() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    for _ in 0..3 {
        assert_eq!(log(&house, &key, used()).await.expect(200).at("success"), true);
    }
    let expected = json!([{
        "userId": "ada", "username": null, "projectId": "al-chat", "model": "gpt-4",
        "requests": 3, "inputTokens": 30, "outputTokens": 15, "totalTokens": 45,
    }]);
    assert_eq!(report(&house).await, expected);
}

#[tokio::test]
async fn guests_count_together_and_ids_before_names() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    for (name, value) in [("username", json!("guest-1")), ("username", json!("guest-2"))] {
        let mut body = with(name, value);
        body["isGuest"] = true.into();
        log(&house, &key, body).await.expect(200);
    }
    log(&house, &key, with("userId", 42)).await.expect(200);
    let report = report(&house).await;
    assert_eq!((&report[0]["userId"], &report[0]["username"]), (&json!("42"), &json!("ada")));
    assert_eq!((&report[1]["userId"], &report[1]["requests"]), (&json!("guest"), &json!(2)));
}

#[tokio::test]
async fn one_that_is_sent_again_under_its_mark_counts_once() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    let send = async |mark: &str, body: Value| {
        let asked = house.app.post("/api/usage/log").bearer(&key).header("idempotency-key", mark);
        asked.json(body).send().await.status()
    };
    assert_eq!(send("one", used()).await, 200);
    assert_eq!(send("one", used()).await, 200);
    assert_eq!(send("one", with("inputTokens", 11)).await, 422);
    assert_eq!(send("two", used()).await, 200);
    assert_eq!(send(&"x".repeat(256), used()).await, 400);
    assert_eq!(report(&house).await[0]["requests"], 2);
}

#[tokio::test]
async fn a_lost_answer_counts_nothing_twice() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    let lost = Fault::lose_answer().service(Service::DynamoDb).operation("TransactWriteItems");
    house.app.faults().add(lost.nth(1));
    log(&house, &key, used()).await.expect(200);
    assert_eq!(house.app.faults().struck(), 1);
    assert_eq!(report(&house).await[0]["requests"], 1);
}

#[tokio::test]
async fn who_writes_the_same_counter_at_the_same_time_waits() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    let conflict = Fault::conflict().service(Service::DynamoDb).operation("TransactWriteItems");
    house.app.faults().add(conflict.times(2));
    log(&house, &key, used()).await.expect(200);
    assert_eq!(report(&house).await[0]["requests"], 1);
}

#[tokio::test]
async fn what_is_no_use_of_a_model_is_named() {
    let house = House::start().await;
    let key = logging_key(&house).await;
    for (pointer, body) in [
        ("/model", with("model", "")),
        ("/inputTokens", with("inputTokens", -1)),
        ("/totalTokens", with("totalTokens", 2_000_000_000)),
        ("/username", with("username", "x".repeat(129))),
        ("/projectId", with("projectId", "a#b")),
    ] {
        assert_eq!(log(&house, &key, body).await.expect(400).at("/errors/0/pointer"), pointer);
    }
    log(&house, &key, json!({})).await.expect(400);
    assert!(house.rows("usage").await.is_empty());
}

#[tokio::test]
async fn nobody_counts_for_somebody_else() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let as_ada = async |body: Value| house.as_ada(house.app.post("/api/usage/log")).json(body).send().await;
    as_ada(used()).await.expect(200);
    as_ada(with("userId", bob.id.as_str())).await.expect(403);
    assert_eq!(report(&house).await[0]["userId"], house.ada.id);
    let scopes = json!(["usage:write"]);
    let one = house.key(json!({ "name": "k", "scopes": scopes, "users": [bob.id] })).await;
    log(&house, &one, with("userId", house.ada.id.as_str())).await.expect(403);
    let two = house.key(json!({ "name": "k", "scopes": scopes, "users": [bob.id, house.ada.id] })).await;
    log(&house, &two, used()).await.expect(403);
    let behalf = async |body| {
        let asked = house.app.post("/api/usage/log").bearer(&two).header("x-on-behalf-of", &bob.id);
        asked.json(body).send().await.status()
    };
    assert_eq!(behalf(used()).await, 403, "without the right to act for others");
    let elsewhere = house.key(json!({ "name": "k", "scopes": scopes, "users": "*", "project": "hr" })).await;
    log(&house, &elsewhere, used()).await.expect(403);
    let without = house.key(json!({ "name": "k", "scopes": ["credentials:reveal"], "users": "*" })).await;
    assert_eq!(log(&house, &without, used()).await.expect(403).code(), "auth.scope_missing");
}

#[tokio::test]
async fn people_are_counted_under_their_own_names() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let acting = json!({ "name": "k", "scopes": ["usage:write", "users:act"], "users": "*" });
    let (key, acting) = (logging_key(&house).await, house.key(acting).await);
    let asked = |bearer: &str| house.app.post("/api/usage/log").bearer(bearer);
    let mut both = with("userId", bob.id.as_str());
    both["username"] = "Bobby".into();
    for ask in [
        asked(&key).json(both),
        asked(&key).json(with("username", "Bob@Example.org")),
        asked(&bob.access_token).json(with("username", "somebody else")),
        asked(&acting).header("x-on-behalf-of", &bob.id).json(with("username", "Robert")),
    ] {
        ask.send().await.expect(200);
        assert_eq!(report(&house).await[0]["username"], "bob@example.org");
    }
    let expected = json!([{
        "userId": bob.id, "username": "bob@example.org", "projectId": "al-chat", "model": "gpt-4",
        "requests": 4, "inputTokens": 40, "outputTokens": 20, "totalTokens": 60,
    }]);
    assert_eq!(report(&house).await, expected);
    let own = house.app.get("/api/usage/report").bearer(&bob.access_token).send().await.expect(200);
    assert_eq!(own.at("usage"), expected, "they see their own numbers, whoever logged them");
    let asked = house.get("/api/usage/report?user=bob@example.org").await.expect(200);
    assert_eq!(asked.at("usage"), expected);
}

#[tokio::test]
async fn managed_users_are_counted_by_the_apps_own_ids_and_strangers_as_they_are_named() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let made = house.as_ada(house.app.post("/api/users")).json(json!({ "externalId": "joe-17", "name": "Joe" }));
    let joe = made.send().await.expect(201).at("id");
    let key = logging_key(&house).await;
    log(&house, &key, with("username", "joe-17")).await.expect(200);
    log(&house, &key, with("userId", "joe-17")).await.expect(200);
    // Of another organisation, and of none.
    log(&house, &key, with("userId", eve.id.as_str())).await.expect(200);
    log(&house, &key, with("username", "eve@example.org")).await.expect(200);
    let report = report(&house).await;
    let mut seen: Vec<_> = report.as_array().unwrap().iter().map(|row| (&row["userId"], &row["username"])).collect();
    seen.sort_by_key(|(id, _)| id.to_string());
    let (mail, none, ada) = (json!("eve@example.org"), Value::Null, json!("ada"));
    let (id, called) = (json!(eve.id), json!("joe-17"));
    let mut expected = vec![(&mail, &none), (&id, &ada), (&joe, &called)];
    expected.sort_by_key(|(id, _)| id.to_string());
    assert_eq!(seen, expected);
    assert_eq!(house.get("/api/usage/report?user=ext:joe-17").await.at("/totals/requests"), 2);
}

#[tokio::test]
async fn a_persons_use_reads_nothing_for_the_name() {
    let house = House::start().await;
    let as_ada = async || house.as_ada(house.app.post("/api/usage/log")).json(used()).send().await.expect(200);
    as_ada().await;
    house.app.faults().reset_counts();
    as_ada().await;
    assert_eq!(house.app.faults().count(Service::DynamoDb, "GetItem"), 0);
    let key = logging_key(&house).await;
    log(&house, &key, used()).await.expect(200);
    house.app.faults().reset_counts();
    log(&house, &key, used()).await.expect(200);
    assert_eq!(house.app.faults().count(Service::DynamoDb, "GetItem"), 1, "for a name that may be one of ours");
}
