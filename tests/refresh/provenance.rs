//! Grants that came from elsewhere, and clients that are their owners': whose fate they share.

use shared::{
    oauth::refresh,
    store::integrations::{NewGrant, Provenance, Status},
};
use support::Reply;

use crate::house::{House, given, stranger};

#[tokio::test]
async fn what_a_migration_brought_shares_a_fate_of_its_own() {
    let house = House::start().await;
    let migrated = |house: &House| NewGrant { provenance: Some(Provenance::Migrated), ..house.grant("default", 0) };
    let mut revoked = 0;
    for _ in 0..14 {
        let person = stranger();
        house.store(&person, migrated(&house)).await;
        house.provider.reply(Reply::error("invalid_grant"));
        assert!(house.lent("integrations", &person, "default").await.is_err());
        revoked += usize::from(house.status(&person).await == Status::Revoked);
    }
    assert_eq!(revoked, 9, "the older system's client may be another: a crowd of them is doubted");
    assert_eq!(house.refreshes(), 10);
    house.provider.clear();
    house.connect("default", 0).await;
    assert_eq!(house.token().await.unwrap(), "access-1", "who connected here does not wait for them");
}

#[tokio::test]
async fn a_migrated_grant_of_another_client_ends_alone() {
    let house = House::start().await;
    for label in ["other", "ours"] {
        let grant = NewGrant { provenance: Some(Provenance::Migrated), ..house.grant(label, 0) };
        house.store(&house.tenant, grant).await;
    }
    house.provider.reply(Reply::error("unauthorized_client"));
    assert!(house.lent("integrations", &house.tenant, "other").await.is_err());
    assert_eq!(house.stored("other").await.unwrap().status, Status::Revoked);
    assert_eq!(house.lent("integrations", &house.tenant, "ours").await.unwrap(), "access-1");
}

#[tokio::test]
async fn what_was_got_elsewhere_is_ours_once_our_client_has_renewed_it() {
    let house = House::start().await;
    for (label, provenance) in [("pasted", Provenance::Pasted), ("migrated", Provenance::Migrated)] {
        let grant = NewGrant { provenance: Some(provenance), ..house.grant(label, 0) };
        let stored = house.store(&house.tenant, grant).await;
        assert_eq!(stored.provenance, Some(provenance));
        house.provider.reply(given());
        house.lent("integrations", &house.tenant, label).await.unwrap();
        assert_eq!(house.stored(label).await.unwrap().provenance, None, "{label}");
    }
    // Now the operator's mistake is the operator's, and ends nothing.
    house.pass(3600);
    house.provider.reply(Reply::json(401, serde_json::json!({ "error": "invalid_client" })));
    assert!(house.lent("integrations", &house.tenant, "pasted").await.is_err());
    assert_eq!(house.stored("pasted").await.unwrap().status, Status::Active);
    assert!(house.lent("integrations", &house.tenant, "migrated").await.is_err(), "its client is the same");
    assert_eq!(house.refreshes(), 3);
}

#[tokio::test]
async fn an_owners_own_client_that_is_refused_is_the_owners_to_mend() {
    let house = House::start().await;
    let own = NewGrant {
        client_id: Some("own-client".to_owned()),
        client_secret: Some("own-secret".into()),
        ..house.grant("own", 0)
    };
    house.store(&house.tenant, own).await;
    house.connect("default", 0).await;
    house.provider.reply(Reply::json(401, serde_json::json!({ "error": "invalid_client" })));
    let refused = house.lent("integrations", &house.tenant, "own").await.unwrap_err();
    assert!(matches!(refused, refresh::Error::ReauthRequired { .. }), "{refused}");
    assert_eq!(house.stored("own").await.unwrap().status, Status::Revoked);
    assert_eq!(house.token().await.unwrap(), "access-1", "nobody else's client was refused");
}
