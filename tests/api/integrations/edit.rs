//! `integrations.edit`: what is said about a connection, without touching it.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::Answer;

use crate::house::House;

async fn edit(house: &House, id: &Value, body: Value) -> Answer {
    let path = format!("/api/integrations/{}", id.as_str().unwrap());
    house.as_ada(house.app.patch(path)).json(body).send().await
}

#[tokio::test]
async fn what_is_set_is_shown_and_what_is_left_out_stays() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let body = json!({ "settings": { "channel": "C1" }, "metadata": { "plan": "free" }, "name": "Work" });
    let edited = edit(&house, &id, body).await.expect(200);
    assert_eq!((edited.at("settings"), edited.at("metadata")), (json!({ "channel": "C1" }), json!({ "plan": "free" })));
    edit(&house, &id, json!({ "sync_enabled": false, "lastSync": "2026-11-20T08:00:00Z" })).await.expect(200);
    edit(&house, &id, json!({ "settings": { "channel": "C2" } })).await.expect(200);
    let listed = house.get("/api/integrations").await.expect(200);
    assert_eq!(listed.at("/0/settings"), json!({ "channel": "C2" }));
    assert_eq!(listed.at("/0/metadata"), json!({ "plan": "free" }));
    assert_eq!(listed.at("/0/name"), "Work");
    assert_eq!(listed.at("/0/sync_enabled"), false);
    assert_eq!(listed.at("/0/last_sync"), "2026-11-20T08:00:00Z");
    assert_eq!(edit(&house, &id, json!({ "name": "" })).await.expect(200).at("name"), "acme");
}

#[tokio::test]
async fn settings_are_sealed_and_the_credential_is_left_as_it_is() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let before = house.rows("integrations").await.remove(0);
    let secret = json!({ "settings": { "webhook": "a-canary-in-settings" } });
    edit(&house, &id, secret).await.expect(200);
    let after = house.rows("integrations").await.remove(0);
    for name in ["access_token", "refresh_token", "grant", "due_sk", "status"] {
        assert_eq!(before.get(name), after.get(name), "{name}");
    }
    assert!(!format!("{after:?}").contains("a-canary-in-settings"));
    let number = |row: &std::collections::HashMap<_, aws_sdk_dynamodb::types::AttributeValue>| {
        row["rev"].as_n().unwrap().parse::<i64>().unwrap()
    };
    assert_eq!(number(&after), number(&before) + 1);
}

/// A refresh that is at the provider when the owner edits commits, and the edit stays.
#[tokio::test]
async fn a_running_refresh_and_an_edit_do_not_meet() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let scopes = json!(["tokens:read", "integrations:read", "integrations:write"]);
    let key = house.key(json!({ "name": "k", "scopes": scopes })).await;
    house.pass(3500);
    house.acme.hold();
    let meanwhile = async {
        house.acme.reached(2).await;
        let asked = house.app.patch(format!("/api/integrations/{}", id.as_str().unwrap())).bearer(&key);
        let edited = asked.json(json!({ "settings": { "n": 2 }, "name": "Meanwhile" })).send().await;
        house.acme.release();
        edited
    };
    let (lent, edited) = tokio::join!(house.token(&key), meanwhile);
    edited.expect(200);
    assert_eq!(lent.expect(200).at("access_token"), "access-2");
    assert_eq!(house.acme.count("token"), 2);
    let listed = house.app.get("/api/integrations").bearer(&key).send().await.expect(200);
    assert_eq!((listed.at("/0/settings"), listed.at("/0/name")), (json!({ "n": 2 }), json!("Meanwhile")));
}

#[tokio::test]
async fn settings_outlive_a_new_consent_and_end_with_the_connection() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    edit(&house, &id, json!({ "settings": { "n": 1 } })).await.expect(200);
    house.connect("default").await;
    assert_eq!(house.get("/api/integrations").await.at("/0/settings"), json!({ "n": 1 }));
    house.as_ada(house.app.delete("/api/integrations/acme/credentials")).send().await.expect(200);
    assert!(!house.rows("integrations").await[0].contains_key("settings"));
    house.connect("default").await;
    assert_eq!(house.get("/api/integrations").await.at("/0/settings"), json!({}));
}

/// An older value put back by somebody who can write to the table does not open.
#[tokio::test]
async fn settings_that_were_put_back_do_not_open() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    edit(&house, &id, json!({ "settings": { "n": 1 } })).await.expect(200);
    let old = house.rows("integrations").await.remove(0);
    edit(&house, &id, json!({ "settings": { "n": 2 } })).await.expect(200);
    let onlooker = aws_sdk_dynamodb::Client::new(&house.app.aws().sdk_config(support::ONLOOKER));
    let write = onlooker.update_item().table_name("postern-integrations").key("pk", old["pk"].clone());
    let write = write.key("sk", old["sk"].clone()).update_expression("SET settings = :old");
    write.expression_attribute_values(":old", old["settings"].clone()).send().await.unwrap();
    house.get("/api/integrations").await.expect(500);
}

#[tokio::test]
async fn bad_input_is_named() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    for (pointer, body) in [
        ("", json!({})),
        ("/settings", json!({ "settings": { "big": "x".repeat(20_000) } })),
        ("/settings", json!({ "settings": "text" })),
        ("/name", json!({ "name": "x".repeat(101) })),
        ("/last_sync", json!({ "last_sync": "2027-01-01T00:00:00Z" })),
    ] {
        assert_eq!(edit(&house, &id, body).await.expect(400).at("/errors/0/pointer"), pointer);
    }
    for (body, sentence) in [
        (json!({ "lastSync": "last night" }), "`lastSync` must be a time such as 2026-11-20T09:00:00Z"),
        (json!({ "last_sync": 5 }), "`last_sync` must be text"),
        (json!({ "metadata": null }), "`metadata` must be an object; an empty one, {}, clears it"),
        (json!({ "metadata": [] }), "`metadata` must be an object"),
        (json!({ "sync_enabled": "sk-secret" }), "`sync_enabled` must be true or false"),
    ] {
        assert_eq!(edit(&house, &id, body).await.expect(400).at("detail"), sentence);
    }
    // Beside something that does change, it is left out.
    edit(&house, &id, json!({ "metadata": null, "name": "n" })).await.expect(200);
    for id in ["int_zzzzzzzzzzzzzzzzzzzzzz", "nothing"] {
        edit(&house, &json!(id), json!({ "name": "x" })).await.expect(404);
    }
}

#[tokio::test]
async fn an_edit_whose_answer_is_lost_is_done_once() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let lost = Fault::lose_answer().service(Service::DynamoDb).operation("UpdateItem").role("integrations");
    house.app.faults().add(lost.always().times(2));
    edit(&house, &id, json!({ "settings": { "n": 1 }, "name": "Once" })).await.expect(200);
    house.app.faults().clear();
    assert_eq!(house.get("/api/integrations").await.at("/0/settings"), json!({ "n": 1 }));
}

#[tokio::test]
async fn a_key_edits_with_the_right_to() {
    let house = House::start().await;
    let id = house.connect("default").await.at("integration_id");
    let status = async |body| {
        let key = house.key(body).await;
        let asked = house.app.patch(format!("/api/integrations/{}", id.as_str().unwrap())).bearer(&key);
        asked.json(json!({ "name": "x" })).send().await.status()
    };
    assert_eq!(status(json!({ "name": "k", "scopes": ["integrations:read"] })).await, 403);
    assert_eq!(status(json!({ "name": "k", "scopes": ["integrations:write"], "providers": ["github"] })).await, 403);
    assert_eq!(status(json!({ "name": "k", "scopes": ["integrations:write"] })).await, 200);
}
