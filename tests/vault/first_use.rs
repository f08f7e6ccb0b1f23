//! Whoever comes first makes the data key. There is only ever one.

use local::aws::{Fault, Service};
use shared::{
    http::{self, Code},
    vault::{Error, Purpose, Vault},
};

use crate::house::{House, opened};

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_at_first_use_end_with_one_key() {
    let house = House::new();
    let instances: Vec<Vault> = (0..12).map(|_| house.instance("integrations")).collect();
    let place = house.place();
    let all = instances.iter().enumerate().map(|(nth, vault)| async move {
        let value = nth.to_string();
        (vault.seal(&place, value.as_bytes()).await.unwrap(), value)
    });
    let sealed = futures_util::future::join_all(all).await;

    assert_eq!(house.rows().await.len(), 1);
    for vault in &instances {
        for (sealed, value) in &sealed {
            assert_eq!(opened(vault, &place, sealed).await, *value);
            assert_eq!(sealed.key_version(), Some(1));
        }
    }
}

#[tokio::test]
async fn an_answer_lost_after_the_key_was_stored_costs_nothing() {
    let house = House::new();
    let lost = Fault::lose_answer().service(Service::DynamoDb).operation("PutItem");
    house.aws.faults().add(lost);
    let sealed = house.instance("integrations").seal(&house.place(), b"a token").await.unwrap();
    assert_eq!(house.aws.faults().struck(), 1);
    assert_eq!(opened(&house.instance("oauth"), &house.place(), &sealed).await, "a token");
}

#[tokio::test]
async fn in_one_instance_all_who_come_at_once_make_one_call() {
    let house = House::new();
    let vault = house.instance("integrations");
    let place = house.place();
    futures_util::future::join_all((0..50).map(|_| vault.seal(&place, b"a token"))).await;
    assert_eq!(house.calls(), [1, 0, 1, 1], "made, unwrapped, read, written");
}

#[tokio::test]
async fn each_organisation_and_purpose_has_a_key_of_its_own() {
    let house = House::new();
    let vault = house.instance("oauth");
    let other = shared::id::Ids::seeded(9).make();
    for (org, purpose) in
        [(&house.org, Purpose::Integration), (&house.org, Purpose::Handshake), (&other, Purpose::Integration)]
    {
        vault.seal(&house.place_of(org, purpose), b"a token").await.unwrap();
    }
    assert_eq!(house.rows().await.len(), 3);
}

#[tokio::test]
async fn where_kms_denies_nothing_is_sealed_and_nothing_is_stored() {
    let house = House::new();
    house.aws.faults().add(Fault::deny().service(Service::Kms));
    let vault = house.instance("integrations");
    let error = vault.seal(&house.place(), b"a token").await.unwrap_err();
    assert!(matches!(error, Error::Denied(_)), "{error}");
    assert_eq!(http::Error::from(error).code(), Code::Internal);
    assert!(house.rows().await.is_empty());
    // And the failure is not kept.
    vault.seal(&house.place(), b"a token").await.unwrap();
}

#[tokio::test]
async fn where_the_table_denies_the_unstored_key_seals_nothing() {
    let house = House::new();
    house.aws.faults().add(Fault::deny().service(Service::DynamoDb).operation("PutItem"));
    let vault = house.instance("integrations");
    let error = vault.seal(&house.place(), b"a token").await.unwrap_err();
    assert!(matches!(error, Error::Store(_)), "{error}");
    assert_eq!(http::Error::from(error).code(), Code::Unavailable);

    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    assert_eq!(opened(&house.instance("oauth"), &house.place(), &sealed).await, "a token");
}

#[tokio::test]
async fn opening_makes_no_key() {
    let house = House::new();
    let sealed = house.instance("integrations").seal(&house.place(), b"a token").await.unwrap();
    house.shred().await;
    house.aws.faults().reset_counts();
    let vault = house.instance("integrations");
    assert!(matches!(vault.open(&house.place(), &sealed).await, Err(Error::NoKey { version: 1 })));
    assert_eq!(house.calls()[0], 0, "data keys made");
    assert!(house.rows().await.is_empty());
}

#[tokio::test]
async fn who_looked_before_there_was_a_key_seals_and_opens_after() {
    let house = House::new();
    let (early, late) = (house.instance("integrations"), house.instance("oauth"));
    let sealed = late.seal(&house.place(), b"a token").await.unwrap();
    house.shred().await;
    assert!(early.open(&house.place(), &sealed).await.is_err());

    // Another instance makes a key that the early one has seen missing.
    let sealed = house.instance("oauth").seal(&house.place(), b"another").await.unwrap();
    assert_eq!(opened(&early, &house.place(), &sealed).await, "another");
    early.seal(&house.place(), b"a third").await.unwrap();
    assert_eq!(house.rows().await.len(), 1);
}
