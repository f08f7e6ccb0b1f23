//! `GET /api/auth/me`

use support::TestApp;

use super::key;

#[tokio::test]
async fn it_shows_the_user_by_every_name_that_older_clients_know() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let answer = app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    let mut shown = answer.json();
    assert_eq!(shown["id"], ada.id);
    for id in ["id", "team_id"] {
        shown[id] = "…".into();
    }
    insta::assert_json_snapshot!(shown, @r#"
    {
      "id": "…",
      "email": "ada@example.org",
      "full_name": "Ada Lovelace",
      "name": "Ada Lovelace",
      "username": null,
      "avatar_url": null,
      "avatar": null,
      "is_active": true,
      "is_verified": false,
      "team_id": "…",
      "role": "admin",
      "settings": {},
      "created_at": "2026-11-20T09:00:00Z",
      "last_login": "2026-11-20T09:00:00Z"
    }
    "#);
}

#[tokio::test]
async fn it_needs_somebody() {
    let app = TestApp::start().await;
    let answer = app.get("/api/auth/me").send().await.expect(401);
    assert_eq!(answer.code(), "auth.required");
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"postern\"");
    app.get("/api/auth/me").bearer("nonsense").send().await.expect(401);
}

#[tokio::test]
async fn a_service_key_is_nobody() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (key, _) = key(&app, &ada, serde_json::json!({ "name": "ci", "scopes": ["integrations:read"] })).await;
    app.get("/api/auth/me").bearer(&key).send().await.expect(403);
}
