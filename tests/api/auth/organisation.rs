//! `GET /api/auth/organisation`

use serde_json::json;
use support::TestApp;

use super::{ask, colleague, key};

#[tokio::test]
async fn who_registers_has_an_organisation_of_their_own() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let own = app.get("/api/auth/organisation").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(own.at("name"), "Ada Lovelace's team");
    assert_eq!((own.at("members"), own.at("admins"), own.at("return_origins")), (json!(1), json!(1), json!([])));
    assert_eq!(own.at("limits"), json!({ "max_members": null, "max_integrations": null }));
    let me = app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(own.at("id"), me.at("team_id"));
}

#[tokio::test]
async fn every_member_sees_the_same_one_and_nobody_another() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "guest").await;
    let id = |answer: support::Answer| answer.expect(200).at("id");
    let of_ada = id(ask(&app, &ada, "GET", "/api/auth/organisation", json!({})).await);
    assert_eq!(id(ask(&app, &bob, "GET", "/api/auth/organisation", json!({})).await), of_ada);
    assert_ne!(id(ask(&app, &eve, "GET", "/api/auth/organisation", json!({})).await), of_ada);
    app.get("/api/auth/organisation").send().await.expect(401);
    let (text, _) = key(&app, &ada, json!({ "name": "k", "scopes": ["users:manage"] })).await;
    app.get("/api/auth/organisation").bearer(&text).send().await.expect(403);
}
