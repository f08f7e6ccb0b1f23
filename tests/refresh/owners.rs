//! What an owner does to a connection stands, whatever runs meanwhile.

use std::sync::Arc;

use shared::{
    oauth::{connect::By, refresh::Error, typed},
    settings::{self, Changes},
    store::{
        expression::{Change, Condition, Write},
        integrations::{Integration, Kind, NewGrant, Status},
        key::Key,
    },
};

use crate::house::{House, SLUG};

async fn edit(house: &House, integration: &Integration, changes: Changes) -> Integration {
    let by = By { actor: "usr_test", request: None };
    let edited = settings::edit(&house.app("integrations"), &house.tenant, integration, &changes, ("test", by)).await;
    edited.unwrap().unwrap()
}

async fn switch(house: &House, integration: &Integration, on: bool) -> Integration {
    edit(house, integration, Changes { active: Some(on), ..Changes::default() }).await
}

#[tokio::test]
async fn a_refresh_that_runs_switches_nothing_on() {
    let house = Arc::new(House::start().await);
    let integration = house.connect("default", 0).await;
    let reader = house.reader_held_up().await;
    assert_eq!(switch(&house, &integration, false).await.status, Status::Inactive);
    house.provider.release();
    assert!(matches!(reader.await.unwrap(), Err(Error::NotConnected)), "it is off by now");
    assert_eq!(house.stored("default").await.unwrap().status, Status::Inactive);
    assert!(matches!(house.token().await, Err(Error::NotConnected)));

    assert_eq!(switch(&house, &integration, true).await.status, Status::Active);
    assert_eq!(house.token().await.unwrap(), "access-1", "what the provider gave meanwhile is kept");
    assert_eq!(house.refreshes(), 1);
}

#[tokio::test]
async fn switching_on_what_the_provider_has_ended_does_not_make_it_work() {
    let house = House::start().await;
    let integration = house.connect("default", 0).await;
    house.provider.reply(support::Reply::error("invalid_grant"));
    assert!(house.token().await.is_err());
    switch(&house, &integration, false).await;
    assert_eq!(switch(&house, &integration, true).await.status, Status::Revoked);
    house.connect("default", 3600).await;
    assert_eq!(house.token().await.unwrap(), "access-0");
}

#[tokio::test]
async fn another_key_does_not_undo_a_switch_that_it_did_not_see() {
    let house = House::start().await;
    let typed = NewGrant { kind: Kind::ApiKey, credential: Some("{}".into()), ..house.grant("default", 3600) };
    let seen = house.store(&house.tenant, typed).await;
    switch(&house, &seen, false).await;
    let (app, by) = (house.app("credentials"), By { actor: "usr_test", request: None });
    assert!(typed::replace(&app, &house.tenant, &seen, "{}".into(), by).await.is_err());
    assert!(typed::relabel(&app, &house.tenant, &seen, "other", "{}".into(), by).await.is_err());
    let now = house.stored("default").await.unwrap();
    assert_eq!(now.status, Status::Inactive);
    let replaced = typed::replace(&app, &house.tenant, &now, "{}".into(), by).await.unwrap();
    assert_eq!(replaced.status, Status::Inactive, "it stays off");
}

#[tokio::test]
async fn a_new_connection_knows_nothing_of_the_one_before_it() {
    let house = House::start().await;
    let first = house.connect("default", 3600).await;
    house.token().await.unwrap();
    let now = house.test.clock().now();
    let told = Changes { sync_enabled: Some(false), last_sync: Some(now), active: Some(false), ..Changes::default() };
    edit(&house, &first, told).await;
    house.app("integrations").store.integrations().touch_tested(&first).await.unwrap();
    house.disconnect(&first).await;

    let (org, owner) = (house.tenant.org(), house.tenant.owner());
    let key = Key::new(&format!("o#{org}#u#{}", owner.as_str()), &format!("p#{SLUG}#default"));
    let nothing = Write::new(Condition::NEVER, Change::new().set("nothing", 0));
    let rows = house.app("integrations").store.clone();
    let (_, tombstone) = rows.integrations().replay(&key, &nothing).await.unwrap();
    let tombstone = format!("{:?}", tombstone.unwrap());
    assert!(!tombstone.contains("account-1"), "whose account it was is forgotten: {tombstone}");

    house.pass(60);
    let second = house.connect("default", 3600).await;
    assert_ne!(second.id, first.id);
    assert_eq!(second.created_at, house.test.clock().now());
    assert!(second.sync_enabled);
    assert_eq!((second.last_sync_at, second.last_tested_at, second.last_used_at), (None, None, None));
    assert_eq!(second.status, Status::Active);
}

#[tokio::test]
async fn who_typed_a_key_and_connects_instead_is_not_told_of_the_key() {
    let house = House::start().await;
    let typed = NewGrant { kind: Kind::ApiKey, credential: Some("{}".into()), ..house.grant("default", 3600) };
    house.store(&house.tenant, typed).await;
    house.test.aws().freeze_reads("postern-integrations").unwrap();
    house.connect("default", 3600).await;
    assert_eq!(house.token().await.unwrap(), "access-0");
}

#[tokio::test]
async fn of_many_loans_at_one_moment_one_is_noted() {
    let house = House::start().await;
    house.connect("default", 86_400).await;
    house.test.aws().freeze_reads("postern-integrations").unwrap();
    house.token().await.unwrap();
    let noted = house.stored("default").await.unwrap();
    house.pass(10);
    // It read the row before the other's note.
    house.token().await.unwrap();
    assert_eq!(house.stored("default").await.unwrap().last_used_at, noted.last_used_at);
}
