//! `integrations.github_status`: D2's view of one user's GitHub connection.

use serde_json::json;

use super::connected_to;
use crate::house::House;

#[tokio::test]
async fn it_tells_who_is_connected_since_when() {
    let house = connected_to("github").await;
    let answer = house.get(&format!("/api/auth/github/status/{}", house.ada.id)).await.expect(200);
    let status = json!({
        "connected": true,
        "username": "account-1-login",
        "email": "account-1@provider.example",
        "avatarUrl": null,
        "connectedAt": "2026-11-20T09:00:00Z",
    });
    assert_eq!(answer.json(), json!({ "success": true, "githubStatus": status }));
}

#[tokio::test]
async fn nulls_stand_where_nothing_is_connected() {
    let house = House::start().await;
    let answer = house.get("/api/auth/github/status/me").await.expect(200);
    let status = json!({ "connected": false, "username": null, "email": null, "avatarUrl": null, "connectedAt": null });
    assert_eq!(answer.json(), json!({ "success": true, "githubStatus": status }));
}

#[tokio::test]
async fn somebody_elses_is_refused() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let answer = house.get(&format!("/api/auth/github/status/{}", eve.id)).await.expect(403);
    assert_eq!(answer.at("error"), "Forbidden");
}

#[tokio::test]
async fn a_key_for_other_providers_is_refused() {
    let house = House::start().await;
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "providers": ["slack"] })).await;
    house.app.get("/api/auth/github/status/me").bearer(&key).send().await.expect(403);
}
