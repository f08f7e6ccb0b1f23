//! `integrations.disconnect`: local first; the provider is told by a job.

use local::aws::{Fault, Service};
use serde_json::json;
use support::Reply;

use crate::house::House;

const PATH: &str = "/api/integrations/acme/credentials";

#[tokio::test]
async fn it_is_gone_at_once() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.token(&key).await.expect(200);
    let answer = house.as_ada(house.app.delete(PATH)).send().await.expect(200);
    assert_eq!(answer.json(), json!({ "success": true, "message": "Credentials deleted" }));
    assert!(!house.connected().await);
    house.token(&key).await.expect(404);
    house.get(PATH).await.expect(404);
    house.as_ada(house.app.delete(PATH)).send().await.expect(404);
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked() {
    let house = House::start().await;
    house.connect("default").await;
    house.acme.hold();
    house.acme.reply(Reply::html(503));
    let before = house.acme.calls().len();
    house.as_ada(house.app.delete(PATH)).send().await.expect(200);
    assert_eq!(house.acme.calls().len(), before);
}

#[tokio::test]
async fn an_unknown_provider_and_one_never_connected_are_not_found() {
    let house = House::start().await;
    let unknown = house.as_ada(house.app.delete("/api/integrations/nobody/credentials")).send().await.expect(404);
    assert_eq!(unknown.at("error"), "Unknown provider: nobody");
    let never = house.as_ada(house.app.delete(PATH)).send().await.expect(404);
    assert_eq!(never.at("error"), "Credentials not found");
}

#[tokio::test]
async fn another_label_stays() {
    let house = House::start().await;
    house.connect("default").await;
    house.connect("work").await;
    house.as_ada(house.app.delete(format!("{PATH}?label=work"))).send().await.expect(200);
    assert!(house.connected().await);
    house.get(&format!("{PATH}?label=work")).await.expect(404);
    house.as_ada(house.app.delete(format!("{PATH}?label=a%23b"))).send().await.expect(400);
}

#[tokio::test]
async fn another_user_has_nothing_to_disconnect() {
    let house = House::start().await;
    house.connect("default").await;
    let bob = house.colleague("bob@example.org").await;
    house.app.delete(PATH).bearer(&bob.access_token).send().await.expect(404);
    assert!(house.connected().await);
}

/// A key that was revoked a moment ago is not believed from memory here.
#[tokio::test]
async fn a_revoked_key_disconnects_nothing() {
    let house = House::start().await;
    house.connect("default").await;
    let body = json!({ "name": "k", "scopes": ["integrations:write", "integrations:read"] });
    let made = house.as_ada(house.app.post("/api/auth/keys")).json(body).send().await.expect(200);
    let (key, id) = (made.at("key"), made.at("id"));
    let (key, id) = (key.as_str().unwrap(), id.as_str().unwrap());
    house.app.get("/api/integrations/status").bearer(key).send().await.expect(200);
    house.as_ada(house.app.delete(format!("/api/auth/keys/{id}"))).send().await.expect(200);
    house.app.delete(PATH).bearer(key).send().await.expect(401);
    assert!(house.connected().await);
}

#[tokio::test]
async fn both_happen_or_neither() {
    let house = House::start().await;
    house.connect("default").await;
    let broken = Fault::deny().service(Service::DynamoDb).operation("TransactWriteItems");
    house.app.faults().add(broken);
    house.as_ada(house.app.delete(PATH)).send().await.expect(503);
    assert!(house.connected().await);
    house.as_ada(house.app.delete(PATH)).send().await.expect(200);
}

#[tokio::test]
async fn who_connects_again_has_a_new_integration() {
    let house = House::start().await;
    let first = house.connect("default").await.at("integration_id");
    house.as_ada(house.app.delete(PATH)).send().await.expect(200);
    let second = house.connect("default").await.at("integration_id");
    assert_ne!(first, second);
    assert!(house.connected().await);
}
