//! Data keys are kept clear for five minutes: long enough that reading is cheap, short enough that a withdrawn right counts.

use std::sync::Arc;

use local::aws::{Fault, Service};
use shared::vault::{Error, Purpose};

use crate::house::{A_MOMENT, ALMOST_FIVE_MINUTES, FIVE_MINUTES, House, at_once, opened};

#[tokio::test]
async fn a_warm_read_calls_nobody() {
    let house = House::new();
    let vault = house.instance("integrations");
    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    house.aws.faults().reset_counts();
    for _ in 0..100 {
        assert_eq!(opened(&vault, &house.place(), &sealed).await, "a token");
        vault.seal(&house.place(), b"another").await.unwrap();
    }
    assert!(house.aws.faults().counts().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn cold_readers_share_one_call() {
    let house = Arc::new(House::new());
    let sealed = house.instance("integrations").seal(&house.place(), b"a token").await.unwrap();
    house.aws.faults().reset_counts();
    let vault = house.instance("integrations");
    let all = at_once(100, |_| {
        let (house, vault, sealed) = (house.clone(), vault.clone(), sealed.clone());
        async move { opened(&vault, &house.place(), &sealed).await }
    });
    assert!(all.await.iter().all(|value| value == "a token"));
    assert_eq!(house.calls(), [0, 1, 1, 0], "made, unwrapped, read, written");
}

#[tokio::test]
async fn after_five_minutes_kms_is_asked_again() {
    let house = House::new();
    let vault = house.instance("integrations");
    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    house.aws.faults().reset_counts();

    house.clock.advance(ALMOST_FIVE_MINUTES);
    opened(&vault, &house.place(), &sealed).await;
    assert_eq!(house.calls(), [0, 0, 0, 0]);

    house.clock.advance(A_MOMENT);
    assert_eq!(opened(&vault, &house.place(), &sealed).await, "a token");
    assert_eq!(house.calls(), [0, 1, 1, 0], "made, unwrapped, read, written");
}

#[tokio::test]
async fn a_right_that_was_withdrawn_counts_within_five_minutes() {
    let house = House::new();
    let vault = house.instance("integrations");
    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    house.aws.faults().add(Fault::deny().service(Service::Kms).always());
    house.clock.advance(FIVE_MINUTES);
    assert!(matches!(vault.open(&house.place(), &sealed).await, Err(Error::Denied(_))));
    assert!(matches!(vault.seal(&house.place(), b"another").await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn a_shredded_organisation_is_unreadable_within_five_minutes() {
    let house = House::new();
    let vault = house.instance("integrations");
    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    house.shred().await;
    house.clock.advance(FIVE_MINUTES);
    assert!(matches!(vault.open(&house.place(), &sealed).await, Err(Error::NoKey { version: 1 })));
}

#[tokio::test]
async fn with_the_key_in_hand_sealing_needs_nobody() {
    let house = House::new();
    let vault = house.instance("integrations");
    let ready = vault.ready(&house.place()).await.unwrap();
    house.aws.faults().add(Fault::deny().always());
    house.clock.advance(FIVE_MINUTES);
    let sealed = ready.seal(&house.place(), b"a rotated token").unwrap();
    let elsewhere = house.place_of(&house.org, Purpose::Webhook);
    assert!(ready.seal(&elsewhere, b"of another purpose").is_err());

    house.aws.faults().clear();
    assert_eq!(opened(&vault, &house.place(), &sealed).await, "a rotated token");
}
