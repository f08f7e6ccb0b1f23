//! `GET /api/auth/keys`

use serde_json::json;
use support::TestApp;

use super::{colleague, key};

#[tokio::test]
async fn it_lists_the_organisations_own_keys_page_by_page() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    key(&app, &eve, json!({ "name": "eve's", "scopes": ["tokens:read"] })).await;
    for n in 0..3 {
        key(&app, &ada, json!({ "name": format!("key {n}"), "scopes": ["tokens:read"] })).await;
    }
    let all = app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(all.at("keys").as_array().unwrap().len(), 3);
    assert!(!all.text().contains("eve's"));
    let first = all.at("/keys/0/id");
    let path = format!("/api/auth/keys?cursor={}", first.as_str().unwrap());
    let rest = app.get(path).bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(rest.at("keys").as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_cursor_does_not_lead_into_another_organisation() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let (_, id) = key(&app, &ada, json!({ "name": "ada's", "scopes": ["tokens:read"] })).await;
    let answer = app.get(format!("/api/auth/keys?cursor={id}")).bearer(&eve.access_token).send().await.expect(200);
    assert_eq!(answer.at("keys"), json!([]));
    app.get("/api/auth/keys?cursor=KEY%23x").bearer(&eve.access_token).send().await.expect(400);
}

#[tokio::test]
async fn nobody_and_a_service_key_see_no_keys() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (key, _) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    app.get("/api/auth/keys").bearer(&key).send().await.expect(403);
    app.get("/api/auth/keys").send().await.expect(401);
}

#[tokio::test]
async fn a_member_sees_their_own_and_an_administrator_all() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    key(&app, &ada, json!({ "name": "ada's", "scopes": ["tokens:read"] })).await;
    key(&app, &bob, json!({ "name": "bob's", "scopes": ["tokens:read"] })).await;
    let seen = async |token: &str| {
        let list = app.get("/api/auth/keys").bearer(token).send().await.expect(200);
        list.at("keys").as_array().unwrap().len()
    };
    assert_eq!(seen(&bob.access_token).await, 1);
    assert_eq!(seen(&ada.access_token).await, 2);
}
