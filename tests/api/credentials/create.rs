//! `credentials.create`: keeps a credential, sealed, of whatever type.

use serde_json::json;
use support::{Provider, TestApp};

use super::{KEY, asked, id, keep, kept};
use crate::{
    client_d1::project_key,
    house::{House, names},
};

#[tokio::test]
async fn a_new_one_answers_201_and_its_masked_self() {
    let house = House::start().await;
    let body = json!({
        "username": "ada@example.org", "credentialType": "openai", "projectId": "al-chat",
        "credentials": { "api_key": KEY }, "name": "Chat",
    });
    let answer = keep(&house, &house.ada, body).await.expect(201);
    assert_eq!(names(&answer.json()), ["credentials", "id", "success"]);
    assert_eq!(answer.at("success"), true);
    assert_eq!(answer.at("/credentials/name"), "Chat");
    assert_eq!(answer.at("/credentials/credentials/api_key"), "sk-…abcd");
    assert_eq!(answer.at("/credentials/createdAt"), "2026-11-20T09:00:00Z");
    assert!(!answer.text().contains(KEY));
    // It is an integration like all others.
    assert_eq!(house.get("/api/integrations/status").await.json()["openai:al-chat"]["connected"], true);
}

#[tokio::test]
async fn another_takes_its_place_under_the_same_id() {
    let house = House::start().await;
    let first = kept(&house).await;
    let body = json!({ "credential_type": "openai", "project_id": "al-chat", "credentials": { "apiKey": "sk-other" } });
    assert_eq!(id(&keep(&house, &house.ada, body).await.expect(200)), first);
    let shown = house.get(&asked("ada@example.org", "openai", "al-chat")).await.expect(200);
    assert_eq!(shown.at("/credentials/credentials"), json!({ "apiKey": "sk-other", "api_key": "sk-other" }));
}

/// D1's future projects have types that no provider file describes.
#[tokio::test]
async fn any_type_works_and_is_kept_whole() {
    let house = House::start().await;
    let parts = json!({ "licence": "a-licence-of-some-length", "seats": 5, "hosts": ["a", "b"], "on": true });
    let body = json!({ "credentialType": "ai-resume", "projectId": "hr", "credentials": parts });
    keep(&house, &house.ada, body).await.expect(201);
    let shown = house.get(&asked("ada@example.org", "ai-resume", "hr")).await.expect(200);
    assert_eq!(shown.at("/credentials/credentials/seats"), 5);
    assert_eq!(shown.at("/credentials/credentials/hosts"), json!(["a", "b"]));
    assert_eq!(shown.at("/credentials/credentials/api_key"), "a-licence-of-some-length");
    // Nobody can have it sent anywhere.
    let test = house.as_ada(house.app.post("/api/integrations/custom:ai-resume/test?label=hr")).json(json!({}));
    assert_eq!(test.send().await.expect(200).at("success"), false);
}

/// A provider that people connect by OAuth alone has a place beside for what D1's users call by its name.
#[tokio::test]
async fn a_key_by_the_name_of_an_oauth_provider_disturbs_no_connection() {
    let house = House::start().await;
    house.connect("default").await;
    let body = json!({ "credentialType": "acme", "credentials": { "api_key": "typed-by-hand" } });
    keep(&house, &house.ada, body).await.expect(201);
    let token = house.token(&house.token_key().await).await.expect(200);
    assert_eq!(token.at("access_token"), "access-1");
    let shown = house.get(&asked("ada@example.org", "acme", "default")).await.expect(200);
    assert_eq!(shown.at("/credentials/credentials/api_key"), "typed-by-hand");
}

/// GitHub takes both: the slot is one, and what stands there is not lost.
#[tokio::test]
async fn an_oauth_connection_in_the_slot_stays() {
    let github = Provider::start("github").await;
    let typed = r#"[auth.api_key.fields.api_key]
label = "Key"

[auth.api_key.apply.headers]
Authorization = "Bearer {api_key}"

[[identity]]"#;
    let file = format!("override = true\n{}", github.file().replace("[[identity]]", typed));
    let house = House::of(TestApp::setup().provider(&github).provider_file("github", &file)).await;
    let tokens = json!({ "accessToken": "access-0", "expiresIn": 3600 });
    house.as_ada(house.app.post("/api/integrations/github/credentials")).json(tokens).send().await.expect(200);
    let body = json!({ "credentialType": "github", "credentials": { "api_key": "ghp_typed" } });
    assert_eq!(keep(&house, &house.ada, body).await.expect(409).code(), "resource.conflict");
    let elsewhere = json!({ "credentialType": "github", "projectId": "ci", "credentials": { "api_key": "ghp_typed" } });
    keep(&house, &house.ada, elsewhere).await.expect(201);
}

#[tokio::test]
async fn what_cannot_be_one_is_named_and_not_repeated() {
    let house = House::start().await;
    for (pointer, body) in [
        ("/credentials/api_key", json!({ "credentialType": "openai", "credentials": { "api_key": "canary no key" } })),
        ("/credentials/api_key", json!({ "credentialType": "openai", "credentials": { "other": "canary" } })),
        ("/credentials", json!({ "credentialType": "openai", "credentials": {} })),
        ("/credentials", json!({ "credentialType": "openai", "credentials": "canary" })),
        ("/credentials", json!({ "credentialType": "mine", "credentials": { "big": "canary".repeat(10_000) } })),
        ("/credentialType", json!({ "credentialType": "a b", "credentials": { "api_key": "canary" } })),
        ("/projectId", json!({ "credentialType": "mine", "projectId": "a#b", "credentials": { "k": "canary" } })),
        ("/name", json!({ "credentialType": "mine", "name": "a\nb", "credentials": { "k": "canary" } })),
        ("/global", json!({ "credentialType": "mine", "global": true, "username": "me", "credentials": { "k": "c" } })),
    ] {
        let answer = keep(&house, &house.ada, body).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), pointer, "{}", answer.text());
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    keep(&house, &house.ada, json!({ "credentials": { "api_key": KEY } })).await.expect(400);
    assert!(house.rows("integrations").await.is_empty());
}

#[tokio::test]
async fn nobody_keeps_one_for_somebody_else() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    let body = json!({ "username": "ada@example.org", "credentialType": "mine", "credentials": { "k": "v" } });
    keep(&house, &bob, body.clone()).await.expect(404);
    let global = json!({ "global": true, "credentialType": "mine", "credentials": { "k": "v" } });
    keep(&house, &bob, global).await.expect(403);
    let scopes = json!(["integrations:write", "users:act"]);
    let only_bob = house.key(json!({ "name": "k", "scopes": scopes, "users": [bob.id] })).await;
    house.app.post("/api/credentials").bearer(&only_bob).json(body.clone()).send().await.expect(404);
    let all = house.key(json!({ "name": "k", "scopes": scopes, "users": "*" })).await;
    house.app.post("/api/credentials").bearer(&all).json(body).send().await.expect(201);
    house.get(&asked("ada@example.org", "mine", "default")).await.expect(200);
}

#[tokio::test]
async fn a_key_of_a_project_keeps_in_that_project() {
    let house = House::start().await;
    let key = project_key(&house, "al-chat").await;
    let post = async |body| house.app.post("/api/credentials").bearer(&key).json(body).send().await;
    let here = json!({ "credentialType": "mine", "credentials": { "k": "v" } });
    assert_eq!(post(here).await.expect(201).at("/credentials/projectId"), "al-chat");
    post(json!({ "credentialType": "mine", "projectId": "hr", "credentials": { "k": "v" } })).await.expect(403);
}

/// The operator's limit is the organisation's, whoever of its people connects.
#[tokio::test]
async fn the_people_of_an_organisation_share_its_limit() {
    let app = TestApp::setup().set("MAX_INTEGRATIONS", "2").start().await;
    let ada = app.register("ada@example.org").await;
    let joe = app.join(&ada, "joe@example.org", "member").await;
    let put = async |user: &support::User, project: &str| {
        let body = json!({ "credentialType": "openai", "projectId": project, "credentials": { "api_key": KEY } });
        app.post("/api/credentials").bearer(&user.access_token).json(body).send().await
    };
    put(&ada, "one").await.expect(201);
    put(&joe, "two").await.expect(201);
    let full = put(&joe, "three").await.expect(409);
    assert_eq!(full.code(), "organisation.limit_reached");
    // What is there may be replaced, and another organisation has room.
    put(&ada, "one").await.expect(200);
    put(&app.register("eve@example.org").await, "one").await.expect(201);
}
