//! `credentials.update`: other parts, another project, another name, off and on.

use aws_sdk_dynamodb::types::AttributeValue;
use axum::{Router, body::Body, http::Request};
use futures_util::stream;
use serde_json::{Value, json};
use support::Answer;
use tokio::sync::oneshot;
use tower::ServiceExt;

use super::{KEY, asked, audited, keep, kept};
use crate::{auth::set, house::House};

async fn put(house: &House, id: &str, body: Value) -> Answer {
    house.as_ada(house.app.put(format!("/api/credentials/{id}"))).json(body).send().await
}

#[tokio::test]
async fn other_parts_take_the_place_of_the_old() {
    let house = House::start().await;
    let id = kept(&house).await;
    let answer =
        put(&house, &id, json!({ "credentials": { "api_key": "sk-another-key-of-hers-wxyz" } })).await.expect(200);
    assert_eq!(answer.at("id"), id);
    assert_eq!(answer.at("/credentials/credentials/api_key"), "sk-…wxyz");
    let shown = house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(200);
    assert_eq!(shown.at("/credentials/credentials/api_key"), "sk-another-key-of-hers-wxyz");
    assert_eq!(audited(&house, "credential.update").await, [id]);
}

#[tokio::test]
async fn it_moves_to_another_project_with_all_that_it_has() {
    let house = House::start().await;
    let id = kept(&house).await;
    put(&house, &id, json!({ "name": "Chat", "isActive": false })).await.expect(200);
    house.pass(60);
    let moved = put(&house, &id, json!({ "projectId": "ai-resume" })).await.expect(200);
    assert_eq!((moved.at("id"), moved.at("/credentials/name")), (json!(id), json!("Chat")));
    assert_eq!(moved.at("/credentials/isActive"), false);
    assert_eq!(moved.at("/credentials/createdAt"), "2026-11-20T09:00:00Z");
    put(&house, &id, json!({ "isActive": true })).await.expect(200);
    let at = async |project| house.get(&asked("ada@example.org", "openai", project)).await;
    assert_eq!(at("ai-resume").await.expect(200).at("/credentials/credentials/api_key"), KEY);
    at("al-chat").await.expect(404);
    // And back, over what it left behind.
    put(&house, &id, json!({ "projectId": "al-chat", "credentials": { "api_key": "sk-new" } })).await.expect(200);
    assert_eq!(at("al-chat").await.expect(200).at("/credentials/credentials/api_key"), "sk-new");
    let listed = house.get("/api/credentials").await.expect(200);
    assert_eq!(listed.at("credentials").as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_project_that_has_one_keeps_it() {
    let house = House::start().await;
    let id = kept(&house).await;
    let other = json!({ "credentialType": "openai", "projectId": "hr", "credentials": { "api_key": "sk-hr" } });
    keep(&house, &house.ada, other).await.expect(201);
    put(&house, &id, json!({ "projectId": "hr" })).await.expect(409);
    let at = async |project| house.get(&asked("ada@example.org", "openai", project)).await.expect(200);
    assert_eq!(at("hr").await.at("/credentials/credentials/api_key"), "sk-hr");
    assert_eq!(at("al-chat").await.at("/credentials/credentials/api_key"), KEY);
}

#[tokio::test]
async fn one_that_is_switched_off_is_not_shown() {
    let house = House::start().await;
    let id = kept(&house).await;
    assert_eq!(put(&house, &id, json!({ "isActive": false })).await.expect(200).at("/credentials/isActive"), false);
    house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(404);
    put(&house, &id, json!({ "isActive": true })).await.expect(200);
    house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(200);
}

#[tokio::test]
async fn a_name_is_given_and_taken() {
    let house = House::start().await;
    let id = kept(&house).await;
    assert_eq!(put(&house, &id, json!({ "name": " Chat " })).await.expect(200).at("/credentials/name"), "Chat");
    assert_eq!(put(&house, &id, json!({ "name": "" })).await.expect(200).at("/credentials/name"), Value::Null);
}

#[tokio::test]
async fn bad_input_changes_nothing() {
    let house = House::start().await;
    let id = kept(&house).await;
    for body in [
        json!({}),
        json!({ "credentials": {} }),
        json!({ "credentials": { "api_key": "no key" } }),
        json!({ "projectId": "a b" }),
        json!({ "isActive": "yes" }),
    ] {
        put(&house, &id, body).await.expect(400);
    }
    put(&house, "int_zzzzzzzzzzzzzzzzzzzzzz", json!({ "name": "x" })).await.expect(404);
    put(&house, "nothing", json!({ "name": "x" })).await.expect(404);
    let shown = house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(200);
    assert_eq!(shown.at("/credentials/credentials/api_key"), KEY);
}

#[tokio::test]
async fn an_administrator_changes_the_organisations_own() {
    let house = House::start().await;
    let body = json!({ "credentialType": "mine", "credentials": { "k": "v" }, "global": true });
    let id = super::id(&keep(&house, &house.ada, body).await.expect(201));
    put(&house, &id, json!({ "name": "Ours" })).await.expect(200);
    let bob = house.colleague("bob@example.org").await;
    let asked = house.app.put(format!("/api/credentials/{id}")).bearer(&bob.access_token);
    asked.json(json!({ "name": "Mine" })).send().await.expect(404);
}

/// Ada's change, while she is put out of the organisation: after she was believed, before her words are read.
async fn put_while_leaving(house: &House, id: &str, body: Value) -> u16 {
    set(&house.app, &house.ada, "is_active", AttributeValue::Bool(true)).await;
    let ((asked, reading), (gone, left)) = (oneshot::channel(), oneshot::channel::<()>());
    let slow = stream::once(async move {
        asked.send(()).unwrap();
        left.await.map(|()| body.to_string())
    });
    let request = Request::put(format!("/api/credentials/{id}"))
        .header("authorization", format!("Bearer {}", house.ada.access_token))
        .header("content-type", "application/json")
        .body(Body::from_stream(slow));
    let leave = async {
        reading.await.unwrap();
        set(&house.app, &house.ada, "is_active", AttributeValue::Bool(false)).await;
        gone.send(()).unwrap();
    };
    let router = house.app.stack().router(Router::new());
    tokio::join!(router.oneshot(request.unwrap()), leave).0.unwrap().status().as_u16()
}

#[tokio::test]
async fn whoever_leaves_meanwhile_changes_nothing() {
    let house = House::start().await;
    let id = kept(&house).await;
    let before = house.rows("integrations").await;
    for body in
        [json!({ "credentials": { "api_key": "sk-new" } }), json!({ "projectId": "hr" }), json!({ "name": "x" })]
    {
        assert_eq!(put_while_leaving(&house, &id, body).await, 409);
    }
    assert_eq!(house.rows("integrations").await, before);
}
