//! `integrations.delete`: lets a connection go by its id.

use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn it_goes_by_its_id() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let path = format!("/api/integrations/{}", id.as_str().unwrap());
    let answer = house.as_ada(house.app.delete(&path)).send().await.expect(200);
    assert_eq!(answer.json(), json!({ "message": "Integration deleted successfully" }));
    assert!(!house.connected().await);
    let again = house.as_ada(house.app.delete(&path)).send().await.expect(404);
    assert_eq!(again.at("detail"), "Integration not found");
}

#[tokio::test]
async fn a_providers_name_is_taken_as_well() {
    let house = House::start().await;
    house.connect("default").await;
    house.as_ada(house.app.delete("/api/integrations/acme")).send().await.expect(200);
    assert!(!house.connected().await);
}

#[tokio::test]
async fn somebody_elses_is_not_found() {
    let house = House::start().await;
    let eve = house.app.register("eve@example.org").await;
    let id = house.connect("default").await.at("integration_id");
    let path = format!("/api/integrations/{}", id.as_str().unwrap());
    house.app.delete(path).bearer(&eve.access_token).send().await.expect(404);
    assert!(house.connected().await);
}

#[tokio::test]
async fn what_is_no_id_is_not_found() {
    let house = House::start().await;
    for id in ["int_nothing", "nobody", "507f1f77bcf86cd799439011", "%2e%2e"] {
        house.as_ada(house.app.delete(format!("/api/integrations/{id}"))).send().await.expect(404);
    }
}

#[tokio::test]
async fn words_of_the_api_are_nobodys_id() {
    let house = House::start().await;
    for word in ["status", "available"] {
        let answer = house.as_ada(house.app.delete(format!("/api/integrations/{word}"))).send().await.expect(405);
        assert_eq!(answer.code(), "request.method_not_allowed");
    }
}

#[tokio::test]
async fn of_two_accounts_the_one_named_goes() {
    let house = House::start().await;
    house.connect("default").await;
    let work = house.connect("work").await.at("integration_id");
    let path = format!("/api/integrations/{}", work.as_str().unwrap());
    house.as_ada(house.app.delete(path)).send().await.expect(200);
    let left = house.get("/api/integrations").await.expect(200).json();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["label"], "default");
}

#[tokio::test]
async fn a_key_deletes_with_the_right_to() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let path = format!("/api/integrations/{}", id.as_str().unwrap());
    let reader = house.key(json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    house.app.delete(&path).bearer(&reader).send().await.expect(403);
    let other = json!({ "name": "k", "scopes": ["integrations:write"], "providers": ["github"] });
    house.app.delete(&path).bearer(&house.key(other).await).send().await.expect(403);
    let writer = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    house.app.delete(&path).bearer(&writer).send().await.expect(200);
}

/// What was migrated keeps the id that it had.
#[tokio::test]
async fn a_migrated_id_is_taken_as_it_was() {
    let house = House::start().await;
    house.connect("default").await;
    let id = "507f1f77bcf86cd799439011";
    house.edit_integration("SET id = :new", id).await;
    assert_eq!(house.get("/api/integrations").await.at("/0/id"), id);
    house.as_ada(house.app.delete(format!("/api/integrations/{id}"))).send().await.expect(200);
    assert!(!house.connected().await);
}
