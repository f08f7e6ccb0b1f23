//! New versions, new customer keys, and the end of old versions.

use std::sync::Arc;

use shared::vault::{Error, Move, Purpose, Sealed};

use crate::house::{FIVE_MINUTES, House, OPERATOR, at_once, opened, template};

const INTEGRATION: Purpose = Purpose::Integration;

#[tokio::test]
async fn after_a_rotation_the_newest_seals_and_the_old_still_opens() {
    let house = House::new();
    let vault = house.instance(OPERATOR);
    let old = vault.seal(&house.place(), b"old").await.unwrap();
    assert_eq!(vault.rotate(&house.org, INTEGRATION).await.unwrap(), Some(2));
    let new = vault.seal(&house.place(), b"new").await.unwrap();
    assert_eq!((old.key_version(), new.key_version()), (Some(1), Some(2)));
    for vault in [vault, house.instance("integrations")] {
        assert_eq!(opened(&vault, &house.place(), &old).await, "old");
        assert_eq!(opened(&vault, &house.place(), &new).await, "new");
    }
}

#[tokio::test]
async fn an_instance_that_does_not_know_of_it_opens_what_the_newest_sealed() {
    let house = House::new();
    let (vault, operator) = (house.instance("integrations"), house.instance(OPERATOR));
    vault.seal(&house.place(), b"old").await.unwrap();
    operator.rotate(&house.org, INTEGRATION).await.unwrap();
    let new = operator.seal(&house.place(), b"new").await.unwrap();
    assert_eq!(opened(&vault, &house.place(), &new).await, "new");
}

#[tokio::test]
async fn every_instance_seals_with_the_newest_within_five_minutes() {
    let house = House::new();
    let vault = house.instance("integrations");
    vault.seal(&house.place(), b"old").await.unwrap();
    house.instance(OPERATOR).rotate(&house.org, INTEGRATION).await.unwrap();
    house.clock.advance(FIVE_MINUTES);
    assert_eq!(vault.seal(&house.place(), b"new").await.unwrap().key_version(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_once_lose_no_version() {
    let house = Arc::new(House::new());
    let mut sealed = vec![house.instance(OPERATOR).seal(&house.place(), b"a token").await.unwrap()];
    let all = at_once(6, |_| {
        let (house, vault) = (house.clone(), house.instance(OPERATOR));
        async move {
            vault.rotate(&house.org, INTEGRATION).await.unwrap();
            vault.seal(&house.place(), b"a token").await.unwrap()
        }
    });
    sealed.extend(all.await);
    let newest = sealed.iter().filter_map(Sealed::key_version).max();
    assert!((2..=7).contains(&newest.unwrap()), "{newest:?}");
    let cold = house.instance("integrations");
    for sealed in &sealed {
        assert_eq!(opened(&cold, &house.place(), sealed).await, "a token");
    }
}

#[tokio::test]
async fn there_is_nothing_to_rotate_before_first_use() {
    let house = House::new();
    assert_eq!(house.instance(OPERATOR).rotate(&house.org, INTEGRATION).await.unwrap(), None);
    assert!(house.rows().await.is_empty());
}

#[tokio::test]
async fn below_the_lowest_version_nothing_opens() {
    let house = House::new();
    let vault = house.instance(OPERATOR);
    let elsewhere = house.instance("integrations");
    let old = vault.seal(&house.place(), b"old").await.unwrap();
    opened(&elsewhere, &house.place(), &old).await;
    vault.rotate(&house.org, INTEGRATION).await.unwrap();
    assert!(vault.raise(&house.org, INTEGRATION, 2).await.unwrap());
    let new = vault.seal(&house.place(), b"new").await.unwrap();

    house.clock.advance(FIVE_MINUTES);
    for vault in [vault, elsewhere] {
        let refused = vault.open(&house.place(), &old).await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, Error::Retired { version: 1, lowest: 2 }), "{refused}");
        assert_eq!(opened(&vault, &house.place(), &new).await, "new");
    }
}

#[tokio::test]
async fn the_lowest_version_only_rises_and_never_above_the_current() {
    let house = House::new();
    let vault = house.instance(OPERATOR);
    vault.seal(&house.place(), b"a token").await.unwrap();
    vault.rotate(&house.org, INTEGRATION).await.unwrap();
    let mut raised = Vec::new();
    for lowest in [3, 2, 2, 1] {
        raised.push(vault.raise(&house.org, INTEGRATION, lowest).await.unwrap());
    }
    assert_eq!(raised, [false, true, true, false]);
    vault.seal(&house.place(), b"a token").await.unwrap();
}

#[tokio::test]
async fn a_move_to_another_customer_key_leaves_nobody_shut_out() {
    let house = House::new();
    let [old, new] = [0, 1].map(|nth| template().keys[nth].arn.as_str());
    let sealed = house.instance_with(OPERATOR, Some(old)).seal(&house.place(), b"a token").await.unwrap();
    let both = format!("{new},{old}");
    let instance = |keys: &str| house.instance_with(OPERATOR, Some(keys));

    // Before, with both; half way, a new version under the new key; after, with the new one alone.
    let operator = instance(&both);
    assert_eq!(opened(&operator, &house.place(), &sealed).await, "a token");
    operator.rotate(&house.org, INTEGRATION).await.unwrap();
    assert_eq!(operator.rewrap(&house.org, INTEGRATION).await.unwrap().moved, 1);
    assert_eq!(operator.rewrap(&house.org, INTEGRATION).await.unwrap(), Move::default());
    assert_eq!(opened(&instance(&both), &house.place(), &sealed).await, "a token");
    assert_eq!(opened(&instance(new), &house.place(), &sealed).await, "a token");
    assert!(matches!(instance(old).open(&house.place(), &sealed).await, Err(Error::Denied(_))));
}

#[tokio::test]
async fn kms_rotating_its_own_key_changes_nothing() {
    let house = House::new();
    let sealed = house.instance("integrations").seal(&house.place(), b"a token").await.unwrap();
    for key in &template().keys {
        house.aws.rotate_key(&key.id).unwrap();
    }
    assert_eq!(opened(&house.instance("integrations"), &house.place(), &sealed).await, "a token");
}

#[tokio::test]
async fn a_key_that_was_made_after_a_shredding_is_not_taken_for_the_one_before() {
    let house = House::new();
    let (vault, elsewhere) = (house.instance(OPERATOR), house.instance("integrations"));
    vault.seal(&house.place(), b"old").await.unwrap();
    vault.shred(&house.org).await.unwrap();
    // Numbering starts again.
    let new = elsewhere.seal(&house.place(), b"new").await.unwrap();
    assert_eq!(new.key_version(), Some(1));
    assert_eq!(opened(&vault, &house.place(), &new).await, "new");
}
