//! When a provider is left alone, by whom, and for how long.

use local::aws::{Fault, Service};
use shared::{auth::Tenant, store::integrations::Status};
use support::Reply;

use crate::house::{House, SLUG, given, stranger};

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
    // The job met it; who answers readers is another process, and knows by the row alone.
    assert!(house.token_from("integrations").await.is_err());
    assert_eq!(house.refreshes(), 1);
    house.pass(3600);
    assert_eq!(house.token().await.unwrap(), "access-1");
}

#[tokio::test]
async fn the_schedule_leaves_a_provider_alone_that_a_reader_met() {
    let house = House::start().await;
    house.connect("default", 3600).await;
    house.connect("second", 0).await;
    house.token().await.unwrap();
    house.pass(3590);
    house.provider.reply(Reply::error("invalid_client"));
    assert!(house.lent("integrations", &house.tenant, "second").await.is_err());
    assert_eq!(house.refreshes(), 1);
    house.test.tick().await;
    assert_eq!(house.refreshes(), 1, "the job asked all the same");
    house.pass(3600);
    house.test.tick().await;
    assert!(house.refreshes() > 1, "it is asked again when the time is over");
}

#[tokio::test]
async fn a_burst_of_dead_grants_is_held_back() {
    let house = House::start().await;
    let people: Vec<Tenant> = (0..30).map(|_| stranger()).collect();
    for person in &people {
        house.store(person, house.grant("default", 3600)).await;
        house.lent("integrations", person, "default").await.unwrap();
        house.provider.reply(Reply::error("invalid_grant"));
    }
    house.pass(3600);
    house.test.tick().await;
    let mut revoked = 0;
    for person in &people {
        let stored = house.app("integrations").store.integrations().get(person, SLUG, "default").await.unwrap();
        revoked += usize::from(stored.unwrap().status == Status::Revoked);
    }
    assert!(revoked < 10, "{revoked} were believed");
    assert!(house.refreshes() < 30);
}

#[tokio::test]
async fn what_succeeded_an_hour_ago_makes_no_burst_believable() {
    let house = House::start().await;
    for _ in 0..15 {
        let person = stranger();
        house.store(&person, house.grant("default", 0)).await;
        house.provider.reply(given());
        house.lent("token-refresh", &person, "default").await.unwrap();
    }
    house.pass(3600);
    let mut revoked = 0;
    for _ in 0..14 {
        let person = stranger();
        house.store(&person, house.grant("default", 0)).await;
        house.provider.reply(Reply::error("invalid_grant"));
        assert!(house.lent("token-refresh", &person, "default").await.is_err());
        revoked += usize::from(house.status(&person).await == Status::Revoked);
    }
    assert_eq!(revoked, 9, "the tenth is one of a burst");
}

#[tokio::test]
async fn a_burst_that_lasts_for_a_day_is_believed_of_all_at_once() {
    let house = House::start().await;
    let people: Vec<Tenant> = (0..20).map(|_| stranger()).collect();
    for person in &people {
        house.store(person, house.grant("default", 0)).await;
    }
    let (first, others) = people.split_at(10);
    for (day, people) in [first, &people[9..]].into_iter().enumerate() {
        house.pass(day as u64 * 25 * 3600);
        for person in people {
            house.provider.reply(Reply::error("invalid_grant"));
            assert!(house.lent("token-refresh", person, "default").await.is_err());
        }
    }
    for person in first.iter().chain(others) {
        assert_eq!(house.status(person).await, Status::Revoked);
    }
    assert_eq!(house.refreshes(), 21, "nobody waits for a turn");
}

#[tokio::test]
async fn one_persons_dead_grants_are_no_burst() {
    let house = House::start().await;
    let labels: Vec<String> = (0..15).map(|number| format!("n{number}")).collect();
    for label in &labels {
        house.connect(label, 3600).await;
        house.lent("integrations", &house.tenant, label).await.unwrap();
        house.provider.reply(Reply::error("invalid_grant"));
    }
    house.pass(3600);
    house.test.tick().await;
    for label in &labels {
        assert_eq!(house.stored(label).await.unwrap().status, Status::Revoked, "{label}");
    }
    // Nobody else waits for it.
    let other = stranger();
    house.store(&other, house.grant("default", 0)).await;
    assert_eq!(house.lent("integrations", &other, "default").await.unwrap(), "access-1");
}

#[tokio::test]
async fn a_provider_that_asks_one_for_a_day_is_not_left_alone_by_all() {
    let house = House::start().await;
    house.connect("default", 0).await;
    house.connect("second", 0).await;
    house.provider.reply(Reply::json(429, serde_json::json!({ "error": "slow_down" })).retry_after(86_400));
    assert!(house.token().await.is_err());
    assert!(house.lent("integrations", &house.tenant, "second").await.is_err(), "asked for patience a moment ago");
    assert_eq!(house.refreshes(), 1);
    house.pass(301);
    assert_eq!(house.lent("integrations", &house.tenant, "second").await.unwrap(), "access-1");
    assert!(house.token().await.is_err(), "its own wait is as long as was asked");
    assert_eq!(house.refreshes(), 2);
}

#[tokio::test]
async fn two_who_meet_an_operators_mistake_at_once_are_one_opening() {
    let house = House::start().await;
    for label in ["default", "second", "third"] {
        house.connect(label, 0).await;
    }
    // Another process knows of no trouble, and goes by that for a while.
    house.provider.reply(given());
    house.lent("token-refresh", &house.tenant, "third").await.unwrap();
    for (process, label) in [("integrations", "default"), ("token-refresh", "second")] {
        house.provider.reply(Reply::error("invalid_client"));
        assert!(house.lent(process, &house.tenant, label).await.is_err());
    }
    assert_eq!(house.refreshes(), 3);
    house.pass(61);
    assert_eq!(house.token().await.unwrap(), "access-1");
}

#[tokio::test]
async fn a_trial_is_not_spent_by_who_cannot_call() {
    let house = House::start().await;
    house.connect("default", 0).await;
    house.provider.reply(Reply::error("invalid_client"));
    assert!(house.token().await.is_err());
    house.pass(61);
    house.test.faults().add(Fault::lose_request().service(Service::DynamoDb).operation("UpdateItem").nth(2).times(3));
    // Whichever of its writes it is that failed.
    let _ = house.token().await;
    assert_eq!(house.token().await.unwrap(), "access-1");
}

#[tokio::test]
async fn clients_that_cannot_be_read_anew_go_on_as_they_were() {
    let house = House::start().await;
    house.connect("default", 0).await;
    house.token().await.unwrap();
    house.test.faults().add(Fault::deny().service(Service::SecretsManager).always());
    house.pass(3600);
    assert_eq!(house.token().await.unwrap(), "access-2");
}

#[tokio::test]
async fn a_crowd_that_dies_after_an_operators_mistake_is_doubted_as_well() {
    let house = House::start().await;
    let people: Vec<Tenant> = (0..14).map(|_| stranger()).collect();
    for person in &people {
        house.store(person, house.grant("default", 0)).await;
    }
    house.provider.reply(Reply::error("invalid_client"));
    assert!(house.lent("token-refresh", &people[0], "default").await.is_err());
    house.pass(3600);
    let mut revoked = 0;
    for person in &people {
        house.provider.reply(Reply::error("invalid_grant"));
        assert!(house.lent("token-refresh", person, "default").await.is_err());
        revoked += usize::from(house.status(person).await == Status::Revoked);
    }
    assert_eq!((revoked, house.refreshes()), (9, 11), "nobody waited for a turn, and the tenth was not believed");
}

#[tokio::test]
async fn an_operators_mistake_is_held_also_after_a_burst_that_is_believed() {
    let house = House::start().await;
    let people: Vec<Tenant> = (0..12).map(|_| stranger()).collect();
    for person in &people {
        house.store(person, house.grant("default", 0)).await;
    }
    for person in &people[..10] {
        house.provider.reply(Reply::error("invalid_grant"));
        assert!(house.lent("token-refresh", person, "default").await.is_err());
    }
    house.pass(25 * 3600);
    house.provider.reply(Reply::error("invalid_client"));
    for person in &people[10..] {
        assert!(house.lent("token-refresh", person, "default").await.is_err());
    }
    assert_eq!(house.refreshes(), 11, "the second asked all the same");
}
