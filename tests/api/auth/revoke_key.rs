//! `DELETE /api/auth/keys/{id}`

use serde_json::json;
use support::TestApp;

use super::{colleague, key};

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_is_listed_no_more() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, id) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    // 403: the key is believed, and then told that this takes a person.
    app.get("/api/auth/me").bearer(&text).send().await.expect(403);
    app.delete(format!("/api/auth/keys/{id}")).bearer(&ada.access_token).send().await.expect(200);
    app.get("/api/auth/me").bearer(&text).send().await.expect(401);
    let list = app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(list.at("keys"), json!([]));
    app.delete(format!("/api/auth/keys/{id}")).bearer(&ada.access_token).send().await.expect(404);
}

#[tokio::test]
async fn a_strangers_key_looks_unknown_and_stays() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let (text, id) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    let foreign = app.delete(format!("/api/auth/keys/{id}")).bearer(&eve.access_token).send().await.expect(404);
    let unknown = "/api/auth/keys/key_0000000000000000000000";
    let unknown = app.delete(unknown).bearer(&eve.access_token).send().await.expect(404);
    assert_eq!(foreign.at("detail"), unknown.at("detail"));
    app.get("/api/auth/me").bearer(&text).send().await.expect(403);
}

#[tokio::test]
async fn nobody_and_the_key_itself_revoke_nothing() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, id) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    app.delete(format!("/api/auth/keys/{id}")).send().await.expect(401);
    app.delete(format!("/api/auth/keys/{id}")).bearer(&text).send().await.expect(403);
    app.delete("/api/auth/keys/..%2F..").bearer(&ada.access_token).send().await.expect(404);
}

#[tokio::test]
async fn a_member_revokes_their_own_and_an_administrator_any() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let (_, of_ada) = key(&app, &ada, json!({ "name": "ada's", "scopes": ["tokens:read"] })).await;
    let (_, of_bob) = key(&app, &bob, json!({ "name": "bob's", "scopes": ["tokens:read"] })).await;
    let (_, other) = key(&app, &bob, json!({ "name": "other", "scopes": ["tokens:read"] })).await;
    let revoke = |id: &str, token: &str| app.delete(format!("/api/auth/keys/{id}")).bearer(token).send();
    revoke(&of_ada, &bob.access_token).await.expect(404);
    revoke(&of_bob, &bob.access_token).await.expect(200);
    revoke(&other, &ada.access_token).await.expect(200);
}
