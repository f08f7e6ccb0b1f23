//! What readers of a token get, however many there are and whatever goes wrong meanwhile.

use std::sync::Arc;

use local::aws::{Fault, Service};
use serde_json::json;
use shared::{
    oauth::refresh::{self, Error},
    store::integrations::{NewGrant, Status},
};
use support::Reply;

use crate::house::{House, SLUG};

const READERS: usize = 200;

/// All readers at once, spread over these functions; each is a process of its own as far as the product knows.
async fn read_at_once(functions: &'static [&'static str]) {
    let house = Arc::new(House::on_real_time().await);
    house.connect("default", 0).await;
    house.provider.hold();
    let readers: Vec<_> = (0..READERS)
        .map(|reader| {
            let house = Arc::clone(&house);
            tokio::spawn(async move { house.token_from(functions[reader % functions.len()]).await })
        })
        .collect();
    house.provider.reached(1).await;
    house.provider.release();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), "access-1");
    }
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_readers_of_an_ended_token_cause_one_refresh() {
    read_at_once(&["integrations"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_readers_in_two_processes_cause_one_refresh() {
    read_at_once(&["integrations", "oauth"]).await;
}

#[tokio::test]
async fn a_warm_read_costs_one_read_and_a_refresh_three_writes() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.token().await.unwrap();
    let faults = house.test.faults();
    faults.reset_counts();
    house.token().await.unwrap();
    assert_eq!((faults.count(Service::DynamoDb, "GetItem"), faults.writes()), (1, 0));
    assert_eq!(faults.count(Service::Kms, "Decrypt"), 0);

    house.pass(3590);
    // The five minutes that a data key is kept are over: one read warms the vault up again.
    refresh::fresh(&house.app("integrations"), &house.tenant, SLUG, "default").await.unwrap();
    house.pass(3590 - 200);
    faults.reset_counts();
    house.token().await.unwrap();
    assert_eq!(faults.writes(), 3, "{:?}", faults.counts());
}

#[tokio::test]
async fn a_refresh_that_fails_early_fails_nobody() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.pass(3400);
    house.provider.reply(Reply::html(503));
    assert_eq!(house.token().await.unwrap(), "access-0");
    assert_eq!(house.stored("default").await.unwrap().status, Status::Active);
}

#[tokio::test]
async fn a_dead_grant_asks_its_owner_to_connect_again_and_the_provider_no_more() {
    let house = House::start().await;
    house.connect("default", 0).await;
    house.provider.reply(Reply::error("invalid_grant"));
    for _ in 0..3 {
        assert!(matches!(house.token().await, Err(Error::ReauthRequired { .. })));
    }
    assert_eq!(house.refreshes(), 1);
    assert_eq!(house.stored("default").await.unwrap().status, Status::Revoked);
}

#[tokio::test]
async fn five_failures_in_a_row_show_and_one_success_clears_them() {
    let house = House::start().await;
    house.connect("default", 0).await;
    for _ in 0..5 {
        house.provider.reply(Reply::json(429, json!({ "error": "slow_down" })));
    }
    for _ in 0..5 {
        assert!(matches!(house.token().await, Err(Error::Unavailable { .. })));
        house.pass(4000);
    }
    let failing = house.stored("default").await.unwrap();
    assert_eq!((failing.status, failing.error_count), (Status::Error, 5));
    assert_eq!(house.token().await.unwrap(), "access-1");
    let mended = house.stored("default").await.unwrap();
    assert_eq!((mended.status, mended.error_count), (Status::Active, 0));
}

#[tokio::test]
async fn a_token_that_may_be_spent_is_not_tried_again_while_the_old_one_works() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.pass(3400);
    // The provider has rotated, and what it said is not readable.
    house.provider.reply(Reply::html(200));
    for _ in 0..3 {
        assert_eq!(house.token().await.unwrap(), "access-0");
        house.pass(20);
    }
    assert_eq!(house.refreshes(), 1);
    house.pass(3600);
    assert_eq!(house.token().await.unwrap(), "access-1");
    assert_eq!(house.refreshes(), 2);
}

#[tokio::test]
async fn whoever_disconnects_during_a_refresh_stays_disconnected_and_all_tokens_are_given_back() {
    let house = Arc::new(House::start().await);
    let integration = house.connect("default", 0).await;
    let reader = house.reader_held_up().await;
    house.disconnect(&integration).await;
    house.provider.release();
    assert!(matches!(reader.await.unwrap(), Err(Error::NotConnected)));
    assert!(house.stored("default").await.is_none());
    house.test.tick().await;
    let calls = house.provider.calls();
    let mut given_back: Vec<&str> =
        calls.iter().filter(|call| call.endpoint == "revoke").map(|call| call.field("token")).collect();
    given_back.sort_unstable();
    assert_eq!(given_back, ["refresh-0", "refresh-1"]);
}

#[tokio::test]
async fn whoever_connects_anew_during_a_refresh_keeps_the_new_consent() {
    let house = Arc::new(House::start().await);
    house.connect("default", 0).await;
    let reader = house.reader_held_up().await;
    let anew = house.connect("default", 3600).await;
    house.provider.release();
    assert_eq!(reader.await.unwrap().unwrap(), "access-0");
    assert_eq!(house.stored("default").await.unwrap().grant, anew.grant);
    house.test.tick().await;
    assert_eq!(house.provider.count("revoke"), 0);
}

#[tokio::test]
async fn a_lost_answer_of_any_write_costs_no_token_and_no_second_call() {
    for nth in 1..=3 {
        let house = House::start().await;
        house.connect("default", 0).await;
        house.test.faults().add(Fault::lose_answer().service(Service::DynamoDb).operation("UpdateItem").nth(nth));
        assert_eq!(house.token().await.unwrap(), "access-1", "write {nth}");
        assert_eq!((house.refreshes(), house.test.faults().struck()), (1, 1), "write {nth}");
        assert_eq!(house.token().await.unwrap(), "access-1", "write {nth}");
    }
}

#[tokio::test]
async fn a_database_that_fails_after_the_call_costs_no_token() {
    let house = House::start().await;
    house.connect("default", 0).await;
    let failing = Fault::lose_request().service(Service::DynamoDb).operation("UpdateItem").nth(3).times(8);
    house.test.faults().add(failing);
    assert_eq!(house.token().await.unwrap(), "access-1");
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn a_token_that_the_provider_refused_is_replaced_once() {
    let house = House::start().await;
    let integration = house.connect("default", 3600).await;
    let app = house.app("integrations");
    for _ in 0..2 {
        let fresh = refresh::refused(&app, &house.tenant, &integration).await.unwrap();
        assert_eq!(fresh.access_token.expose(), "access-1");
    }
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn shutdown_waits_for_a_refresh_whose_reader_has_hung_up() {
    let house = Arc::new(House::start().await);
    house.connect("default", 0).await;
    let reader = house.reader_held_up().await;
    reader.abort();
    assert!(reader.await.unwrap_err().is_cancelled());
    house.provider.release();
    house.app("integrations").flights.drained().await;
    assert_eq!(house.token().await.unwrap(), "access-1");
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn a_lease_that_is_not_to_be_had_fails_nobody_whose_token_is_good() {
    for nth in 1..=2 {
        let house = House::start().await;
        house.connect("default", 3600).await;
        house.pass(3400);
        let failing = Fault::throttle().service(Service::DynamoDb).operation("UpdateItem").nth(nth).always();
        house.test.faults().add(failing);
        assert_eq!(house.token().await.unwrap(), "access-0", "write {nth}");
        assert_eq!(house.refreshes(), 0);
        house.pass(200);
        assert!(house.token().await.is_err(), "it has ended");
    }
}

#[tokio::test]
async fn a_server_in_trouble_that_names_a_time_may_have_spent_the_token_as_well() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.pass(3400);
    house.provider.reply(Reply::json(503, json!({})).retry_after(1));
    assert_eq!(house.token().await.unwrap(), "access-0");
    house.pass(60);
    assert_eq!(house.token().await.unwrap(), "access-0");
    assert_eq!(house.refreshes(), 1);
    house.pass(3600);
    assert_eq!(house.token().await.unwrap(), "access-1");
}

/// The provider's word counts for all later readers, also where the token's end was never told.
#[tokio::test]
async fn a_refused_token_that_nothing_can_renew_is_not_lent_again() {
    for seconds in [None, Some(3600)] {
        let house = House::start().await;
        let grant = NewGrant { refresh: None, expires_in: seconds, ..house.grant("default", 0) };
        let integration = house.store(&house.tenant, grant).await;
        assert_eq!(house.token().await.unwrap(), "access-0");
        let app = house.app("integrations");
        for _ in 0..2 {
            let refused = refresh::refused(&app, &house.tenant, &integration).await;
            assert!(matches!(refused, Err(Error::ReauthRequired { .. })));
            assert!(matches!(house.token().await, Err(Error::ReauthRequired { .. })));
        }
        assert_eq!(house.stored("default").await.unwrap().status, Status::Expired);
        house.connect("default", 3600).await;
        // Who was refused the old one's token is not answered by its end.
        let fresh = refresh::refused(&app, &house.tenant, &integration).await.unwrap();
        assert_eq!(fresh.access_token.expose(), "access-0");
        assert_eq!(house.stored("default").await.unwrap().status, Status::Active);
    }
}

/// Reads that do not ask to be consistent lag. Whoever says no on such a one looks again.
#[tokio::test]
async fn a_no_is_not_said_from_a_read_that_lags() {
    let house = House::start().await;
    let lagging = || house.test.aws().freeze_reads("postern-integrations").unwrap();
    lagging();
    house.connect("default", 0).await;
    assert_eq!(house.token().await.unwrap(), "access-1", "not connected, as it was");
    house.test.aws().thaw_reads("postern-integrations").unwrap();

    house.pass(3600);
    house.provider.reply(Reply::error("invalid_grant"));
    assert!(matches!(house.token().await, Err(Error::ReauthRequired { .. })));
    lagging();
    house.connect("default", 3600).await;
    assert_eq!(house.token().await.unwrap(), "access-0", "revoked, as it was");
    house.test.aws().thaw_reads("postern-integrations").unwrap();

    house.store(&house.tenant, NewGrant { refresh: None, ..house.grant("default", 0) }).await;
    lagging();
    house.connect("default", 3600).await;
    assert_eq!(house.token().await.unwrap(), "access-0", "ended, as it was");
}
