//! What the schedule does by itself: refresh in time, leave the idle alone, hold back, give back.

use local::aws::{Fault, Service};
use shared::store::integrations::Status;
use support::Reply;

use crate::house::{House, SLUG};

#[tokio::test]
async fn one_in_use_is_refreshed_before_any_reader_waits() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.token().await.unwrap();
    house.pass(3600 - 600);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
    assert_eq!(house.token().await.unwrap(), "access-1");
}

#[tokio::test]
async fn an_idle_one_is_not_refreshed() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.pass(3600 - 300);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 0);
}

#[tokio::test]
async fn one_that_is_lent_no_more_leaves_the_schedule() {
    let house = House::start().await;
    house.connect("default", 2 * 86_400).await;
    house.token().await.unwrap();
    house.pass(2 * 86_400);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 0);
    house.test.faults().reset_counts();
    house.test.tick().await;
    assert_eq!(house.test.faults().count(Service::DynamoDb, "UpdateItem"), 0);
}

#[tokio::test]
async fn a_missed_hour_catches_itself_up() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.token().await.unwrap();
    house.pass(2 * 3600);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn a_shard_that_failed_is_looked_at_again() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.token().await.unwrap();
    house.pass(3600 - 600);
    house
        .test
        .faults()
        .add(Fault::deny().service(Service::DynamoDb).operation("Query").role("token-refresh").times(32));
    house.test.tick().await;
    assert_eq!(house.refreshes(), 0);
    // The queue keeps a failed message back for a while, and what comes after it in its shard.
    house.pass(600);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn an_operators_mistake_disconnects_nobody_and_is_not_repeated() {
    let house = House::start().await;
    for label in ["default", "second"] {
        house.connect(label, 3600).await;
    }
    let lend = async |label: &str| {
        shared::oauth::refresh::fresh(&house.app("integrations"), &house.tenant, SLUG, label).await.unwrap();
    };
    lend("default").await;
    lend("second").await;
    house.provider.reply(Reply::json(401, serde_json::json!({ "error": "invalid_client" })));
    house.pass(3600);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
    for label in ["default", "second"] {
        let stored = house.stored(label).await.unwrap();
        assert_eq!((stored.status, stored.error_count), (Status::Active, 0));
    }
    // Another process knows of it, too.
    assert!(house.token_from("token-refresh").await.is_err());
    assert_eq!(house.refreshes(), 1);
    house.pass(3600);
    assert_eq!(house.token().await.unwrap(), "access-1");
}

#[tokio::test]
async fn a_burst_of_dead_grants_is_held_back() {
    let house = House::start().await;
    for number in 0..30 {
        house.connect(&format!("n{number}"), 3600).await;
        let app = house.app("integrations");
        shared::oauth::refresh::fresh(&app, &house.tenant, SLUG, &format!("n{number}")).await.unwrap();
        house.provider.reply(Reply::error("invalid_grant"));
    }
    house.pass(3600);
    house.test.tick().await;
    let mut revoked = 0;
    for number in 0..30 {
        let stored = house.stored(&format!("n{number}")).await.unwrap();
        revoked += usize::from(stored.status == Status::Revoked);
    }
    assert!(revoked < 10, "{revoked} were believed");
    assert!(house.refreshes() < 30);
}

#[tokio::test]
async fn one_that_ended_and_cannot_be_renewed_says_so() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    let app = house.app("integrations");
    let external = shared::providers::External::default();
    let mut grant = shared::store::integrations::NewGrant::new(SLUG, "short", external);
    (grant.access, grant.expires_in) = (Some("access-x".into()), Some(60));
    shared::oauth::connect::connect(&app, &house.tenant, grant).await.unwrap();
    house.pass(61);
    house.test.tick().await;
    assert_eq!(house.stored("short").await.unwrap().status, Status::Expired);
    assert_eq!(house.stored("default").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn a_disconnected_accounts_tokens_are_given_back_once() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    for _ in 0..3 {
        house.test.tick().await;
        house.pass(60);
    }
    let calls = house.provider.calls();
    let tokens: Vec<&str> = calls.iter().map(|call| call.field("token")).collect();
    assert_eq!(tokens, ["refresh-0"]);
}

#[tokio::test]
async fn tokens_are_not_given_back_while_the_same_account_is_connected_elsewhere() {
    let house = House::where_accounts_are_revoked().await;
    let integration = house.connect("default", 3600).await;
    let other = house.connect("second", 3600).await;
    house.disconnect(&integration).await;
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 0);
    house.disconnect(&other).await;
    house.pass(60);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}

#[tokio::test]
async fn tokens_are_given_back_again_until_the_provider_is_there() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    house.disconnect(&integration).await;
    let faults = house.test.faults();
    // Its client is not to be had, as when a provider is down: nothing is given up for that.
    faults.add(Fault::deny().service(Service::SecretsManager).always());
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 0);
    faults.clear();
    house.pass(120);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 1);
}
