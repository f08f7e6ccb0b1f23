//! D2's model of an integration: what its methods promised, by what the product does.

use jiff::Timestamp;
use serde_json::json;
use shared::{
    auth::{Owner, Tenant},
    store::integrations::{Integration, Integrations, Status},
};
use support::TestApp;

use crate::house::House;

fn tenant(house: &House, row: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>) -> Tenant {
    Tenant::for_job(row["org"].as_s().unwrap().parse().unwrap(), Owner::User(house.ada.id.parse().unwrap()))
}

async fn read(house: &House, store: &Integrations<'_>) -> Integration {
    let row = house.rows("integrations").await.remove(0);
    store.get(&tenant(house, &row), "acme", "default").await.unwrap().unwrap()
}

fn now(app: &TestApp) -> Timestamp {
    app.clock().now()
}

/// Within five minutes of its end, and with something to renew it by.
#[tokio::test]
async fn it_knows_when_it_needs_a_refresh_and_when_it_has_ended() {
    let house = House::start().await;
    house.connect("default").await;
    let function = house.app.stack().app("integrations");
    let found = read(&house, &function.store.integrations()).await;
    let seen = |found: &Integration| (found.needs_refresh(now(&house.app)), found.is_token_expired(now(&house.app)));
    assert_eq!(seen(&found), (false, false));
    house.pass(3299);
    assert_eq!(seen(&found), (false, false));
    house.pass(1);
    assert_eq!(seen(&found), (true, false));
    house.pass(300);
    assert_eq!(seen(&found), (true, true));
}

#[tokio::test]
async fn five_errors_in_a_row_are_the_status_error_and_a_reset_lifts_it() {
    let house = House::start().await;
    house.connect("default").await;
    let function = house.app.stack().app("integrations");
    let store = function.store.integrations();
    for count in 1..=5 {
        let found = read(&house, &store).await;
        assert_eq!((found.error_count, found.status), (count - 1, Status::Active));
        store.increment_error_count(&found, "the provider said no").await.unwrap();
    }
    let troubled = read(&house, &store).await;
    assert_eq!((troubled.error_count, troubled.status), (5, Status::Error));
    assert_eq!(troubled.last_error.as_deref(), Some("the provider said no"));
    store.reset_error_count(&troubled).await.unwrap();
    let well = read(&house, &store).await;
    assert_eq!((well.error_count, well.status, well.last_error), (0, Status::Active, None));
}

/// Two who count at the same time count two.
#[tokio::test]
async fn errors_counted_on_an_old_look_are_counted_all_the_same() {
    let house = House::start().await;
    house.connect("default").await;
    let function = house.app.stack().app("integrations");
    let store = function.store.integrations();
    let seen = read(&house, &store).await;
    for _ in 0..3 {
        store.increment_error_count(&seen, "no").await.unwrap();
    }
    assert_eq!(read(&house, &store).await.error_count, 3);
}

/// A connection that its owner has let go is not brought back by a note about it.
#[tokio::test]
async fn a_note_about_what_is_gone_changes_nothing() {
    let house = House::start().await;
    house.connect("default").await;
    let function = house.app.stack().app("integrations");
    let store = function.store.integrations();
    let seen = read(&house, &store).await;
    house.as_ada(house.app.delete("/api/integrations/acme/credentials")).send().await.expect(200);
    let before = house.rows("integrations").await;
    store.increment_error_count(&seen, "no").await.unwrap();
    store.reset_error_count(&seen).await.unwrap();
    store.touch_tested(&seen).await.unwrap();
    assert_eq!(house.rows("integrations").await, before);
}

/// No table is scanned for them: the index of what is due names them, and the schedule refreshes or marks each.
#[tokio::test]
async fn expired_tokens_are_found_by_the_schedule_and_marked_where_nothing_renews_them() {
    let house = House::start().await;
    let tokens = json!({ "accessToken": "access-0", "expiresIn": 600 });
    house.as_ada(house.app.post("/api/integrations/acme/credentials")).json(tokens).send().await.expect(200);
    let function = house.app.stack().app("integrations");
    let status = async || read(&house, &function.store.integrations()).await.status;
    house.pass(599);
    house.app.tick().await;
    assert_eq!(status().await, Status::Active);
    house.pass(1);
    house.app.tick().await;
    assert_eq!(status().await, Status::Expired);
}
