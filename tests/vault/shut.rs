//! What stays shut: to functions without the right, and to whoever writes the tables.

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    http::{self, Code},
    id::{Ids, OrgId},
    vault::{Error, Purpose},
};

use crate::house::{House, Row, opened};

#[tokio::test]
async fn a_function_opens_only_the_purposes_that_it_is_granted() {
    let house = House::new();
    let place = house.place_of(&house.org, Purpose::Handshake);
    let sealed = house.instance("oauth").seal(&place, b"a verifier").await.unwrap();
    assert_eq!(opened(&house.instance("oauth"), &place, &sealed).await, "a verifier");
    for function in ["integrations", "token-refresh"] {
        let refused = house.instance(function).open(&place, &sealed).await.map(|_| ()).unwrap_err();
        assert!(matches!(refused, Error::Denied(_)), "{function}: {refused}");
    }
}

/// What takes webhooks in is reached by anybody: were its code turned against us, KMS itself would say no.
#[tokio::test]
async fn a_function_that_opens_webhooks_opens_no_integration() {
    let house = House::with_purpose("Integrations", "webhook");
    let intake = house.instance("integrations");
    let webhook = house.place_of(&house.org, Purpose::Webhook);
    let sealed = intake.seal(&webhook, b"a secret").await.unwrap();
    assert_eq!(opened(&intake, &webhook, &sealed).await, "a secret");
    let sealed = house.instance("oauth").seal(&house.place(), b"a token").await.unwrap();
    let refused = intake.open(&house.place(), &sealed).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, Error::Denied(_)), "{refused}");
}

#[tokio::test]
async fn the_refresh_job_uses_data_keys_and_makes_none() {
    let house = House::new();
    let job = house.instance("token-refresh");
    assert!(matches!(job.seal(&house.place(), b"a token").await, Err(Error::Denied(_))));
    assert!(house.rows().await.is_empty());

    let sealed = house.instance("oauth").seal(&house.place(), b"a token").await.unwrap();
    assert_eq!(opened(&job, &house.place(), &sealed).await, "a token");
    let refreshed = job.seal(&house.place(), b"a newer one").await.unwrap();
    assert_eq!(opened(&house.instance("integrations"), &house.place(), &refreshed).await, "a newer one");
}

#[tokio::test]
async fn another_organisations_value_does_not_open() {
    let house = House::new();
    let vault = house.instance("integrations");
    let other: OrgId = Ids::seeded(9).make();
    let sealed = vault.seal(&house.place(), b"a token").await.unwrap();
    let elsewhere = house.place_of(&other, Purpose::Integration);
    assert!(matches!(vault.open(&elsewhere, &sealed).await, Err(Error::NoKey { .. })));
    vault.seal(&elsewhere, b"theirs").await.unwrap();
    let refused = vault.open(&elsewhere, &sealed).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, Error::Refused), "{refused}");
    assert_eq!(http::Error::from(refused).code(), Code::Internal);
}

#[tokio::test]
async fn a_wrapped_key_moved_to_another_organisation_or_purpose_does_not_unwrap() {
    let house = House::new();
    let other: OrgId = Ids::seeded(9).make();
    let sealed = house.instance("oauth").seal(&house.place(), b"a token").await.unwrap();
    let stolen = house.rows().await.remove(0);
    for (org, purpose) in [(&other, Purpose::Integration), (&house.org, Purpose::Handshake)] {
        let mut moved = stolen.clone();
        let partition = format!("{org}#{}", purpose.as_str());
        moved.insert("pk".to_owned(), AttributeValue::S(partition));
        house.put(moved).await;
        let vault = house.instance("oauth");
        let place = house.place_of(org, purpose);
        assert!(matches!(vault.open(&place, &sealed).await, Err(Error::Denied(_))));
        assert!(matches!(vault.seal(&place, b"mine").await, Err(Error::Denied(_))));
    }
}

#[tokio::test]
async fn a_row_that_is_no_row_of_ours_is_refused_and_not_replaced() {
    let house = House::new();
    house.instance("oauth").seal(&house.place(), b"a token").await.unwrap();
    let good = house.rows().await.remove(0);
    let breaks: [fn(&mut Row); 6] = [
        |row| drop(row.insert("versions".to_owned(), AttributeValue::M([].into()))),
        |row| drop(row.insert("lowest".to_owned(), AttributeValue::N("2".to_owned()))),
        |row| drop(row.remove("versions")),
        |row| drop(row.insert("current".to_owned(), AttributeValue::S("1".to_owned()))),
        |row| drop(row.insert("current".to_owned(), AttributeValue::N("7".to_owned()))),
        |row| {
            let number = AttributeValue::N("1".to_owned());
            row.insert("versions".to_owned(), AttributeValue::M([("1".to_owned(), number)].into()));
        },
    ];
    for broken in breaks {
        let mut row = good.clone();
        broken(&mut row);
        house.put(row.clone()).await;
        let error = house.instance("oauth").seal(&house.place(), b"a token").await.unwrap_err();
        assert_eq!(http::Error::from(error).code(), Code::Internal);
        assert_eq!(house.rows().await, [row]);
    }
}
