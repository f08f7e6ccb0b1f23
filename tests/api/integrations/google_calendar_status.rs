//! `integrations.google_calendar_status`: D2's flat view of one user's calendar.

use serde_json::json;

use super::connected_to;
use crate::house::House;

#[tokio::test]
async fn it_tells_whose_calendar_and_until_when() {
    let house = connected_to("google_calendar").await;
    let answer = house.get(&format!("/api/google-calendar/status/{}", house.ada.id)).await.expect(200);
    let expected = json!({
        "success": true,
        "connected": true,
        "email": "account-1@provider.example",
        "tokenExpiry": "2026-11-20T10:00:00Z",
        "avatarUrl": null,
    });
    assert_eq!(answer.json(), expected);
}

#[tokio::test]
async fn nulls_stand_where_nothing_is_connected() {
    let house = House::start().await;
    let answer = house.get("/api/google-calendar/status/me").await.expect(200);
    let none = json!({ "success": true, "connected": false, "email": null, "tokenExpiry": null, "avatarUrl": null });
    assert_eq!(answer.json(), none);
}

/// D2's client shows `message` here.
#[tokio::test]
async fn somebody_elses_is_refused() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let answer = house.get(&format!("/api/google-calendar/status/{}", eve.id)).await.expect(403);
    assert_eq!(answer.at("message"), "Forbidden");
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "providers": ["slack"] })).await;
    house.app.get("/api/google-calendar/status/me").bearer(&key).send().await.expect(403);
}
