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

/// D4's client takes the map's keys for the names of providers.
#[tokio::test]
async fn each_name_that_it_tells_is_good_in_a_path() {
    let house = House::start().await;
    house.connect("work").await;
    for id in ["orders", "stock"] {
        let body = json!({ "credentials": { "webhookId": id, "secret": "a secret of orders" } });
        let path = format!("/api/integrations/webhook_{id}/credentials");
        house.as_ada(house.app.post(path)).json(body).send().await.expect(200);
    }
    let typed = json!({ "credentialType": "ai-resume", "credentials": { "licence": "a licence" } });
    house.as_ada(house.app.post("/api/credentials")).json(typed).send().await.expect(201);
    let connected = async || {
        let map = house.get("/api/integrations/status").await.expect(200).json();
        let all = map.as_object().unwrap().clone().into_iter();
        all.filter(|(_, told)| told["connected"] == true).map(|(name, _)| name).collect::<Vec<_>>()
    };
    let names = connected().await;
    assert_eq!(names, ["acme:work", "webhook:orders", "webhook:stock", "webhook_orders", "webhook_stock"]);
    for name in names {
        let path = format!("/api/integrations/{name}/credentials");
        assert_eq!(house.get(&path).await.expect(200).at("connected"), true, "{name}");
    }
    house.get("/api/integrations/acme:work/credentials?label=home").await.expect(400);
    house.as_ada(house.app.delete("/api/integrations/webhook_orders/credentials")).send().await.expect(200);
    house.as_ada(house.app.delete("/api/integrations/acme:work/credentials")).send().await.expect(200);
    assert_eq!(connected().await, ["webhook:stock", "webhook_stock"]);
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
