//! `integrations.show`: what is known of a credential, without its secret.

use serde_json::json;

use super::with_keyed;
use crate::house::{House, with_alias};

const PATH: &str = "/api/integrations/acme/credentials";

#[tokio::test]
async fn it_shows_the_facts() {
    let house = House::start().await;
    house.connect("default").await;
    house.pass(60);
    house.as_ada(house.app.post("/api/integrations/acme/test")).send().await.expect(200);
    let expected = json!({
        "providerId": "acme",
        "connected": true,
        "connectedAt": "2026-11-20T09:00:00Z",
        "expiresAt": "2026-11-20T10:00:00Z",
        "lastTested": "2026-11-20T09:01:00Z",
    });
    assert_eq!(house.get(PATH).await.expect(200).json(), expected);
}

/// D4's client compares it with what it asked for.
#[tokio::test]
async fn it_calls_the_provider_as_it_was_asked_for() {
    let house = with_alias().await;
    house.connect("default").await;
    for name in ["acme", "acme_oauth"] {
        let shown = house.get(&format!("/api/integrations/{name}/credentials")).await.expect(200);
        assert_eq!(shown.at("providerId"), name);
    }
}

#[tokio::test]
async fn it_never_shows_the_key() {
    let (house, _keyed) = with_keyed().await;
    let key = json!({ "api_key": "access-typed-key" });
    house.as_ada(house.app.post("/api/integrations/keyed/credentials")).json(key).send().await.expect(200);
    let shown = house.get("/api/integrations/keyed/credentials").await.expect(200);
    assert_eq!(shown.at("connected"), true);
    assert!(!shown.text().contains("typed-key"), "{}", shown.text());
}

#[tokio::test]
async fn nothing_stored_is_not_found_as_the_old_client_knows_it() {
    let house = House::start().await;
    assert_eq!(house.get(PATH).await.expect(404).at("error"), "Credentials not found");
    let unknown = house.get("/api/integrations/nobody/credentials").await.expect(404);
    assert_eq!(unknown.at("error"), "Unknown provider: nobody");
}

#[tokio::test]
async fn each_label_has_its_own_and_nobody_elses() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    house.connect("work").await;
    house.get(PATH).await.expect(404);
    house.get(&format!("{PATH}?label=work")).await.expect(200);
    house.app.get(format!("{PATH}?label=work")).bearer(&eve.access_token).send().await.expect(404);
}

#[tokio::test]
async fn parameters_that_are_none_are_refused() {
    let house = House::start().await;
    for query in ["label=", "label=a%2Fb", "label=a&label=b"] {
        let answer = house.get(&format!("{PATH}?{query}")).await.expect(400);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
    }
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:read"], "providers": ["slack"] })).await;
    house.app.get(PATH).bearer(&key).send().await.expect(403);
}
