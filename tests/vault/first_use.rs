//! Whoever comes first makes the data key. There is only ever one.

use std::sync::Arc;

use local::aws::{Fault, Service};
use shared::{
    http::{self, Code},
    vault::{Error, Purpose},
};

use crate::house::{House, at_once, opened};

#[tokio::test(flavor = "multi_thread")]
async fn many_instances_at_first_use_end_with_one_key() {
    let house = Arc::new(House::new());
    let all = at_once(12, |nth| {
        let (house, vault) = (house.clone(), house.instance("integrations"));
        async move {
            let sealed = vault.seal(&house.place(), nth.to_string().as_bytes()).await.unwrap();
            (vault, sealed)
        }
    });
    let all = all.await;
    assert_eq!(house.rows().await.len(), 1);
    for (vault, _) in &all {
        for (nth, (_, sealed)) in all.iter().enumerate() {
            assert_eq!(opened(vault, &house.place(), sealed).await, nth.to_string());
            assert_eq!(sealed.key_version(), Some(1));
        }
    }
}

#[tokio::test]
async fn whose_key_came_second_uses_the_first() {
    let house = House::new();
    let (first, second) = (house.instance("integrations"), house.instance("oauth"));
    let lost = first.seal(&house.place(), b"lost").await.unwrap();
    house.shred().await;
    // The second sees that there is no key; then another makes one.
    assert!(second.open(&house.place(), &lost).await.is_err());
    let first = house.instance("integrations");
    let one = first.seal(&house.place(), b"first").await.unwrap();
    house.aws.faults().reset_counts();
    let other = second.seal(&house.place(), b"second").await.unwrap();

    assert_eq!(house.calls(), [1, 1, 0, 1], "made, unwrapped, read, written");
    assert_eq!(opened(&first, &house.place(), &other).await, "second");
    assert_eq!(opened(&second, &house.place(), &one).await, "first");
    assert_eq!(house.rows().await.len(), 1);
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

#[tokio::test(flavor = "multi_thread")]
async fn in_one_instance_all_who_come_at_once_make_one_call() {
    let house = Arc::new(House::new());
    let vault = house.instance("integrations");
    let all = at_once(50, |_| {
        let (house, vault) = (house.clone(), vault.clone());
        async move { vault.seal(&house.place(), b"a token").await.map(drop) }
    });
    assert!(all.await.into_iter().all(|sealed| sealed.is_ok()));
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
async fn who_seals_while_another_is_merely_looking_makes_the_key() {
    let house = House::new();
    let lost = house.instance("integrations").seal(&house.place(), b"lost").await.unwrap();
    house.shred().await;
    let vault = house.instance("integrations");
    let place = house.place();
    // Both learn from one read that there is no key. The first looks again at once, and the second finds it looking.
    let (looked, sealed) = futures_util::join!(vault.open(&place, &lost), vault.seal(&place, b"a token"));
    assert!(looked.is_err());
    assert_eq!(opened(&vault, &place, &sealed.unwrap()).await, "a token");
}
