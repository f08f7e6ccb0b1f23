//! `integrations.status`: D4's map.

use serde_json::{Value, json};
use support::Reply;

use crate::house::{House, names};

#[tokio::test]
async fn it_is_a_bare_map_with_every_provider_in_it() {
    let house = House::start().await;
    house.connect("default").await;
    let map = house.get("/api/integrations/status").await.expect(200).json();
    let acme = json!({
        "connected": true,
        "connectedAt": "2026-11-20T09:00:00Z",
        "expiresAt": "2026-11-20T10:00:00Z",
        "lastTested": null,
    });
    assert_eq!(map["acme"], acme);
    let none = json!({ "connected": false, "connectedAt": null, "expiresAt": null, "lastTested": null });
    assert_eq!(map["github"], none);
    assert!(names(&map).contains(&"telegram"));
}

#[tokio::test]
async fn a_second_account_stands_beside_the_first() {
    let house = House::start().await;
    house.connect("work").await;
    let map = house.get("/api/integrations/status").await.expect(200).json();
    assert_eq!(map["acme:work"]["connected"], true);
    assert_eq!(map["acme"]["connected"], false);
}

#[tokio::test]
async fn a_grant_that_has_ended_is_not_connected() {
    let house = House::start().await;
    house.acme.expires_in(Some(600));
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(590);
    house.acme.reply(Reply::error("invalid_grant"));
    house.token(&key).await.expect(409);
    assert!(!house.connected().await);
}

#[tokio::test]
async fn nobody_sees_anybody_elses() {
    let house = House::start().await;
    house.connect("default").await;
    let bob = house.colleague("bob@example.org").await;
    let map = house.app.get("/api/integrations/status").bearer(&bob.access_token).send().await.expect(200);
    assert_eq!(map.at("/acme/connected"), false);
    assert_eq!(map.at("/acme/connectedAt"), Value::Null);
}

#[tokio::test]
async fn a_key_without_the_right_to_read_sees_nothing() {
    let house = House::start().await;
    let key = house.token_key().await;
    let answer = house.app.get("/api/integrations/status").bearer(&key).send().await.expect(403);
    assert_eq!(answer.code(), "auth.scope_missing");
    assert_eq!(answer.at("scope"), "integrations:read");
}
