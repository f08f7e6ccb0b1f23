//! Ten thousand records of each older system, taken over although the command is killed in the middle: equal counts, every
//! secret opens, nothing twice.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};

use crate::{
    house::{House, shown, text},
    old,
};

const RECORDS: usize = 10_000;

/// Kills a migration in the middle, finishes it, and runs it a third time.
async fn thrice(house: &House, from: &str, file: &Path, more: &[&str], connections: usize) {
    let mut arguments = vec!["--json", "migrate", from, shown(file)];
    arguments.extend(more);
    house.kill_at(&arguments, "3000 records").await;
    let half = written(house).await;
    assert!((1..connections).contains(&half), "{half} of {connections} were written when it was killed");

    let report = house.run(&arguments).await.expect(0).json();
    let number = |name: &str| usize::try_from(report[name].as_u64().unwrap()).unwrap();
    assert_eq!(number("connections"), connections, "{report}");
    assert_eq!(number("written") + number("alreadyThere"), connections, "{report}");
    assert!(number("alreadyThere") >= half, "{report}");
    assert_eq!(written(house).await, connections);
    // Each was written down once, however often it was tried.
    let trail = house.rows("audit").await;
    let imports: Vec<_> = trail.iter().filter(|row| text(row, "action") == "integration.import").collect();
    let subjects: BTreeSet<_> = imports.iter().map(|row| text(row, "subject")).collect();
    assert_eq!((imports.len(), subjects.len()), (connections, connections));

    let report = house.run(&arguments).await.expect(0).json();
    assert_eq!((report["written"].as_u64(), report["usersMade"].as_u64()), (Some(0), Some(0)), "{report}");
    assert_eq!(report["alreadyThere"], connections, "{report}");
}

/// Connections; a webhook's claim on its id stands beside them.
async fn written(house: &House) -> usize {
    house.rows("integrations").await.iter().filter(|row| !text(row, "pk").starts_with("WEBHOOK#")).count()
}

/// Accounts, and the claims on their addresses and names.
async fn accounts(house: &House) -> (usize, usize, usize) {
    let users = house.rows("users").await;
    let count = |prefix: &str| users.iter().filter(|row| text(row, "pk").starts_with(prefix)).count();
    (count("USER#"), count("EMAIL#"), count("EXT#"))
}

#[tokio::test(flavor = "multi_thread")]
async fn d0_comes_over_whole() {
    let house = House::start().await;
    let (org, file) = (house.organisation().await, house.file("keys.json", old::d0(RECORDS)));
    thrice(&house, "d0", &file, &["--org", org.as_str()], RECORDS).await;
    assert_eq!(accounts(&house).await, (RECORDS, RECORDS, 0));
    let opened = house.opened().await;
    for number in 0..RECORDS {
        let clear: Value = serde_json::from_str(&opened[&old::object_id(0xd0, number)]).unwrap();
        assert_eq!(clear["token"], format!("planka-token-{number}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn d1_comes_over_whole() {
    let house = House::start().await;
    let (org, file) = (house.organisation().await, house.file("credentials.csv", old::d1(RECORDS)));
    thrice(&house, "d1", &file, &["--org", org.as_str()], RECORDS).await;
    // The first row is the organisation's; every two others are one person's.
    assert_eq!(accounts(&house).await, (RECORDS / 2, 0, RECORDS / 2));
    let opened: BTreeSet<String> = house.opened().await.into_values().collect();
    let expected = (0..RECORDS).map(|number| format!("{{\"api_key\":\"sk-d1-{number}\"}}"));
    assert_eq!(opened, expected.collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn d2_comes_over_whole() {
    let house = House::start().await;
    let file = house.file("users.jsonl", old::d2(RECORDS));
    thrice(&house, "d2", &file, &[], RECORDS + RECORDS / 2).await;
    assert_eq!(accounts(&house).await, (RECORDS, RECORDS, 0));
    let users = house.rows("users").await;
    let organisations = users.iter().filter(|row| text(row, "pk").starts_with("ORG#") && text(row, "sk") == "self");
    assert_eq!(organisations.count(), 3, "one for each of the older ones");
    let opened: BTreeSet<String> = house.opened().await.into_values().collect();
    let github = (0..RECORDS).map(|number| format!("gho_d2_{number}"));
    let calendar = (0..RECORDS).step_by(2).map(|number| format!("ya29.d2_{number}"));
    assert_eq!(opened, github.chain(calendar).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn d4_comes_over_whole() {
    let house = House::start().await;
    let (org, file) = (house.organisation().await, house.file("credentials.json", old::d4(RECORDS)));
    thrice(&house, "d4", &file, &["--org", org.as_str(), "--owner", "organisation"], RECORDS).await;
    let opened: BTreeSet<String> = house.opened().await.into_values().collect();
    let hooks = (1..RECORDS).map(|number| {
        let url = format!("https://example.org/api/webhooks/hook-{number}");
        json!({ "secret": format!("secret-d4-{number}"), "url": url, "webhookId": format!("hook-{number}") })
            .to_string()
    });
    assert_eq!(opened, hooks.chain(["{\"botToken\":\"12345:d4-bot\"}".to_owned()]).collect());
}
