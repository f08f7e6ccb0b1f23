//! `GET /api/users`

use serde_json::json;
use support::TestApp;

use super::create_user::{back_end, made};

#[tokio::test]
async fn an_organisation_lists_its_own_page_by_page() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.register("ada@example.org").await, app.register("eve@example.org").await);
    let (of_ada, of_eve) = (back_end(&app, &ada).await, back_end(&app, &eve).await);
    for n in 0..103 {
        made(&app, &of_ada, json!({ "externalId": format!("u-{n}") })).await.expect(201);
    }
    let first = app.get("/api/users").bearer(&of_ada).send().await.expect(200);
    let onward = format!("/api/users?cursor={}", first.at("next_cursor").as_str().unwrap());
    let second = app.get(onward).bearer(&of_ada).send().await.expect(200);
    let count = |answer: &support::Answer| answer.at("users").as_array().unwrap().len();
    assert_eq!((count(&first), count(&second), second.at("next_cursor")), (100, 3, json!(null)));
    assert_eq!(count(&app.get("/api/users").bearer(&of_eve).send().await.expect(200)), 0);
}

#[tokio::test]
async fn a_key_sees_whom_it_is_limited_to() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    let one = made(&app, &key, json!({ "externalId": "u-1" })).await.at("id");
    made(&app, &key, json!({ "externalId": "u-2" })).await.expect(201);
    let body = json!({ "name": "narrow", "scopes": ["users:manage"], "users": [one] });
    let narrow = app.service_key(&ada, body).await;
    let seen = app.get("/api/users").bearer(&narrow).send().await.expect(200).at("users");
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(seen[0]["externalId"], "u-1");
    app.get("/api/users/ext:u-2").bearer(&narrow).send().await.expect(404);
    app.get("/api/users").send().await.expect(401);
    app.get("/api/users?cursor=x").bearer(&key).send().await.expect(400);
}
