//! What the schedule does by itself: refresh in time, leave the idle alone, hold back, give back.

use std::time::Duration;

use local::aws::{Fault, Service};
use shared::{
    oauth::connect,
    store::{
        expression::{Change, Condition, Write},
        integrations::{Status, attribute as at},
        key::Key,
    },
};
use support::{Provider, Reply, TestApp};

use crate::house::{House, SLUG, grant, stranger};

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
async fn one_that_was_put_back_after_its_end_leaves_the_schedule() {
    let house = House::start().await;
    let integration = house.connect("default", 0).await;
    house.provider.reply(Reply::error("invalid_grant"));
    assert!(house.token().await.is_err());
    // A loan is noted late, by somebody who read the row before its grant ended.
    let (org, owner) = (house.tenant.org(), house.tenant.owner());
    let key = Key::new(&format!("o#{org}#u#{}", owner.as_str()), &format!("p#{SLUG}#default"));
    let due = format!("{:012}#{}", house.test.clock().epoch() + 60, integration.id);
    let back = Change::new().set(at::DUE_PK, "due#0").set(at::DUE_SK, due);
    let back = back.set(at::LAST_USED_AT, house.test.clock().epoch());
    let store = house.app("integrations").store.clone();
    assert!(store.integrations().replay(&key, &Write::new(Condition::Present(at::PK), back)).await.unwrap().0);
    house.pass(60);
    house.test.tick().await;
    house.pass(7200);
    house.test.faults().reset_counts();
    house.test.tick().await;
    assert_eq!(house.test.faults().count(Service::DynamoDb, "UpdateItem"), 0);
}

/// What one process may do for a provider waits in line; other providers' do not wait behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_hangs_holds_up_no_other() {
    let (slow, quick) = (Provider::start("slow").await, Provider::start("quick").await);
    let test = TestApp::setup().provider(&slow).provider(&quick).set("REFRESH", "all").start().await;
    let (app, worker, tenant) = (test.stack().app("integrations"), test.stack().app("token-refresh"), stranger());
    connect::connect(&app, &tenant, grant(&app, "quick", "default", 7200)).await.unwrap();
    let end = test.clock().epoch() + 7200;
    let mut shard = 0;
    while worker.store.integrations().due(shard, end, 1, None).await.unwrap().is_empty() {
        shard += 1;
    }
    let mut made = 0;
    while worker.store.integrations().due(shard, end, 100, None).await.unwrap().len() <= 45 {
        connect::connect(&app, &tenant, grant(&app, "slow", &format!("n{made}"), 3600)).await.unwrap();
        made += 1;
    }
    test.clock().advance(Duration::from_hours(2));
    slow.hold();
    let message = serde_json::json!({ "Records": [{ "messageId": "1", "body": format!("{{\"shard\":{shard}}}") }] });
    let working = tokio::spawn(token_refresh::handle(worker, message));
    tokio::time::timeout(Duration::from_mins(1), quick.reached(1)).await.expect("it waits behind the other");
    assert!(slow.count("token") <= 4, "{} calls at once", slow.count("token"));
    slow.release();
    assert_eq!(working.await.unwrap().unwrap()["batchItemFailures"], serde_json::json!([]));
    assert_eq!(slow.count("token"), 45, "all had their turn");
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
async fn trouble_of_our_own_is_not_looked_at_each_minute() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.token().await.unwrap();
    house.pass(3600 - 600);
    let faults = house.test.faults();
    faults.add(Fault::deny().service(Service::Kms).role("token-refresh").always());
    faults.reset_counts();
    for _ in 0..60 {
        house.pass(60);
        house.test.tick().await;
    }
    let tries = faults.count(Service::Kms, "Decrypt");
    assert!((2..30).contains(&tries), "{tries} tries within an hour");
    faults.clear();
    house.pass(16 * 60);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1);
}
