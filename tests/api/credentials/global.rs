//! `credentials.global`: the organisation's own, for a back end that serves everybody.

use serde_json::json;
use support::Answer;

use super::{KEY, audited, keep};
use crate::house::House;

async fn house() -> House {
    let house = House::start().await;
    let body = json!({ "credentialType": "openai", "credentials": { "api_key": KEY }, "global": true });
    keep(&house, &house.ada, body).await.expect(201);
    house
}

async fn ask(house: &House, limits: serde_json::Value) -> Answer {
    let mut body = json!({ "name": "al-chat", "scopes": ["credentials:reveal"] });
    body.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
    let key = house.key(body).await;
    house.app.get("/api/credentials/global/openai").basic("al-chat", &key).send().await
}

#[tokio::test]
async fn it_is_found_by_every_name_that_al_chat_tries() {
    let house = house().await;
    let answer = ask(&house, json!({ "users": "*" })).await.expect(200);
    for place in ["/credentials/credentials/api_key", "/credentials/api_key", "/api_key", "/value", "/credential_value"]
    {
        assert_eq!(answer.at(place), KEY, "{place}");
    }
    assert_eq!(audited(&house, "credential.reveal").await.len(), 1);
}

/// AL-Chat never says in which project.
#[tokio::test]
async fn without_a_project_the_only_one_is_meant_and_none_of_several() {
    let house = House::start().await;
    let put = async |project: &str| {
        let body = json!({
            "credentialType": "openai", "projectId": project, "credentials": { "api_key": KEY }, "global": true,
        });
        keep(&house, &house.ada, body).await.expect(201);
    };
    put("al-chat").await;
    assert_eq!(ask(&house, json!({ "users": "*" })).await.expect(200).at("api_key"), KEY);
    put("ai-resume").await;
    ask(&house, json!({ "users": "*" })).await.expect(404);
    put("default").await;
    let usual = ask(&house, json!({ "users": "*" })).await.expect(200);
    assert_eq!(usual.at("/credentials/projectId"), "default");
}

#[tokio::test]
async fn a_key_of_some_users_finds_nothing() {
    let house = house().await;
    let one = ask(&house, json!({ "users": [house.ada.id] })).await.expect(404);
    assert_eq!(one.code(), "resource.not_found");
    let bob = house.colleague("bob@example.org").await;
    ask(&house, json!({ "users": [house.ada.id, bob.id] })).await.expect(403);
}

#[tokio::test]
async fn a_key_of_another_project_or_provider_finds_nothing() {
    let house = house().await;
    ask(&house, json!({ "users": "*", "project": "al-chat" })).await.expect(404);
    ask(&house, json!({ "users": "*", "providers": ["github"] })).await.expect(404);
    let body = json!({
        "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": "sk-chat" }, "global": true,
    });
    keep(&house, &house.ada, body).await.expect(201);
    let found = ask(&house, json!({ "users": "*", "project": "al-chat" })).await.expect(200);
    assert_eq!(found.at("api_key"), "sk-chat");
}

#[tokio::test]
async fn a_person_is_shown_none() {
    let house = house().await;
    house.get("/api/credentials/global/openai").await.expect(403);
}

#[tokio::test]
async fn a_users_own_is_not_the_organisations() {
    let house = House::start().await;
    super::kept(&house).await;
    ask(&house, json!({ "users": "*" })).await.expect(404);
    ask(&house, json!({ "users": "*", "project": "al-chat" })).await.expect(404);
}

#[tokio::test]
async fn without_the_scope_it_is_refused_and_a_strange_type_named() {
    let house = house().await;
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "users": "*" })).await;
    let get = async |path: &str, key: &str| house.app.get(path).bearer(key).send().await;
    assert_eq!(get("/api/credentials/global/openai", &key).await.expect(403).code(), "auth.scope_missing");
    let key = house.key(json!({ "name": "k", "scopes": ["credentials:reveal"], "users": "*" })).await;
    get("/api/credentials/global/a%20b", &key).await.expect(400);
    get("/api/credentials/global/unheard-of", &key).await.expect(404);
}
