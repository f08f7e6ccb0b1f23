//! `integrations.by_user`: D2's list of one user's connections.

use serde_json::{Value, json};

use super::connected_to;
use crate::house::{House, names};

const LIST: &str = "application/vnd.integrations.list+json";

#[tokio::test]
async fn it_is_an_object_by_camel_cased_names() {
    let house = connected_to("google_calendar").await;
    let answer = house.get(&format!("/api/auth/integrations/{}", house.ada.id)).await.expect(200);
    assert_eq!(names(&answer.json()), ["integrations", "success"]);
    assert_eq!(answer.at("success"), true);
    let calendar = answer.at("/integrations/googleCalendar");
    let expected = [
        "avatarUrl",
        "connected",
        "connectedAt",
        "description",
        "email",
        "icon",
        "id",
        "name",
        "tokenExpiry",
        "type",
        "username",
    ];
    assert_eq!(names(&calendar), expected);
    assert_eq!(calendar["connected"], true);
    assert_eq!(calendar["email"], "account-1@provider.example");
    assert_eq!(calendar["connectedAt"], "2026-11-20T09:00:00Z");
    assert_eq!(calendar["tokenExpiry"], "2026-11-20T10:00:00Z");
    let github = answer.at("/integrations/github");
    assert_eq!(github["connected"], false);
    assert_eq!(github["email"], Value::Null);
}

#[tokio::test]
async fn it_is_an_array_for_whoever_asks_so() {
    let house = House::start().await;
    house.connect("default").await;
    let by_query = house.get("/api/auth/integrations/me?format=list").await.expect(200);
    let asked = house.app.get("/api/auth/integrations/me").header("accept", LIST);
    let by_header = house.as_ada(asked).send().await.expect(200);
    assert_eq!(by_query.bytes(), by_header.bytes());
    let all = by_query.at("integrations");
    let acme = all.as_array().unwrap().iter().find(|entry| entry["id"] == "acme").unwrap();
    assert_eq!(acme["connected"], true);
    assert_eq!(acme["icon"], "FaFlask");
    house.get("/api/auth/integrations/me?format=xml").await.expect(400);
}

#[tokio::test]
async fn an_administrator_may_look_and_a_member_may_not() {
    let house = House::start().await;
    let bob = house.colleague("bob@example.org").await;
    house.connect("default").await;
    house.get(&format!("/api/auth/integrations/{}", bob.id)).await.expect(200);
    let path = format!("/api/auth/integrations/{}", house.ada.id);
    let refused = house.app.get(path).bearer(&bob.access_token).send().await.expect(403);
    assert_eq!(refused.at("error"), "Forbidden");
    assert_eq!(refused.at("success"), false);
}

#[tokio::test]
async fn a_stranger_and_nobody_are_refused_alike() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    for user in [eve.id.as_str(), "usr_00000000000000000000000000", "eve@example.org", "anything"] {
        let answer = house.get(&format!("/api/auth/integrations/{user}")).await.expect(403);
        assert_eq!(answer.code(), "auth.forbidden", "{user}");
    }
}

#[tokio::test]
async fn a_key_sees_its_own_providers_of_its_own_users() {
    let house = House::start().await;
    house.connect("default").await;
    let bob = house.colleague("bob@example.org").await;
    let scopes = json!(["integrations:read", "users:act"]);
    let key = house.key(json!({ "name": "k", "scopes": scopes, "users": [house.ada.id], "providers": ["acme"] })).await;
    let ask = async |user: &str| house.app.get(format!("/api/auth/integrations/{user}")).bearer(&key).send().await;
    let own = ask(&house.ada.id).await.expect(200);
    assert_eq!(names(&own.at("integrations")), ["acme"]);
    ask(&bob.id).await.expect(403);
}
