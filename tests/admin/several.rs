//! Several records for one place: the same owner, provider and label.

use serde_json::{Value, json};

use crate::{
    house::{House, shown},
    old,
};

/// What a report says of a file, dry and then for good, twice: the numbers written, there and left out.
async fn told(house: &House, from: &str, content: &Value, more: &[&str]) -> [(Value, [u64; 3]); 3] {
    let file = house.file("several.json", content.to_string());
    let arguments = [&["--json", "migrate", from, shown(&file)], more].concat();
    let dry = [&arguments[..], &["--dry-run"]].concat();
    let mut all = Vec::new();
    for arguments in [dry, arguments.clone(), arguments] {
        let report = house.run(&arguments).await.json();
        let number = |name: &str| report[name].as_u64().unwrap();
        let numbers = [number("written"), number("alreadyThere"), number("skipped")];
        all.push((report, numbers));
    }
    all.try_into().unwrap()
}

/// The reasons and their examples, as one text.
fn reasons(report: &Value) -> String {
    report["reasons"].to_string()
}

fn d1(id: u32, key: &str, updated: &str) -> Value {
    json!({
        "id": id, "username": "ada", "credentialType": "openai", "projectId": "al-chat", "credentials": { "api_key": key },
        "updatedAt": updated,
    })
}

#[tokio::test]
async fn the_newest_record_for_a_place_is_taken_over_and_the_others_are_told() {
    let house = House::start().await;
    let org = house.organisation().await;
    let (old, new, older) =
        (d1(1, "sk-old", "2025-01-02"), d1(2, "sk-new", "2025-06-01"), d1(3, "sk-older", "2024-05-05"));
    let rows = json!([old, new, older]);
    let [dry, run, again] = told(&house, "d1", &rows, &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1, again.1), ([1, 0, 2], [1, 0, 2], [0, 1, 2]));
    for report in [&dry.0, &run.0, &again.0] {
        let reasons = reasons(report);
        assert!(reasons.contains("another record of this file is newer"), "{reasons}");
        assert!(reasons.contains("1 on line 1 (that is 2 on line 1)") && reasons.contains("3 on line 1"), "{reasons}");
    }
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-new\"}"]);

    let file = house.file("several.json", rows.to_string());
    let run = house.run(&["cleanup", "d1", shown(&file), "--org", org.as_str()]).await.expect(3);
    assert_eq!(run.out.trim(), "DELETE FROM credentials WHERE id IN ('2');");
    assert!(run.err.contains("another record of this file is newer"), "{}", run.err);
}

/// One that was switched off is not what the older system read, and of equals the last in the file is.
#[tokio::test]
async fn one_in_use_goes_before_one_that_was_switched_off() {
    let house = House::start().await;
    let org = house.organisation().await;
    let mut off = d1(1, "sk-off", "2025-06-01");
    off["isActive"] = json!(false);
    let one = json!([off, d1(2, "sk-first", "2025-01-01"), d1(3, "sk-second", "2025-01-01")]);
    let [dry, run, _] = told(&house, "d1", &one, &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1), ([1, 0, 2], [1, 0, 2]));
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-second\"}"]);
}

/// What cannot be kept does not stand in the way of what can.
#[tokio::test]
async fn a_record_that_is_not_usable_does_not_win() {
    let house = House::start().await;
    let org = house.organisation().await;
    let rows = json!([d1(1, "sk-good", "2025-01-02"), d1(2, "no key at all", "2025-06-01")]);
    let [dry, run, _] = told(&house, "d1", &rows, &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1), ([1, 0, 1], [1, 0, 1]));
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-good\"}"]);
}

/// Two accounts over there that are one person here, by the address that both have at Planka.
#[tokio::test]
async fn two_accounts_of_one_address_are_one_person() {
    let house = House::start().await;
    let org = house.organisation().await;
    let [mut first, mut second] = [1, 2].map(old::d0_record);
    second["value"] = first["value"].clone();
    first["updatedAt"] = json!("2025-08-01T00:00:00Z");
    second["updatedAt"] = json!("2025-01-01T00:00:00Z");
    let [dry, run, again] = told(&house, "d0", &json!([second, first]), &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1, again.1), ([1, 0, 1], [1, 0, 1], [0, 1, 1]));
    assert_eq!((&dry.0["usersMade"], &run.0["usersMade"]), (&json!(1), &json!(1)));
    assert_eq!(house.opened().await.into_keys().collect::<Vec<_>>(), [old::object_id(0xd0, 1)]);
}

/// One provider under two names, in a file whose records have no ids.
#[tokio::test]
async fn two_names_of_one_provider_are_one_place() {
    let house = House::start().await;
    let org = house.organisation().await;
    let record = |token: &str, at: &str| json!({ "credentials": { "accessToken": token }, "connectedAt": at });
    let file = json!({
        "sheets_oauth": record("ya29.one", "2025-01-01T00:00:00Z"), "google_sheets": record("ya29.two", "2025-02-01T00:00:00Z"),
        "nowhere": record("x", "2025-01-01T00:00:00Z"),
    });
    let [dry, run, again] = told(&house, "d4", &file, &["--org", org.as_str(), "--owner", "organisation"]).await;
    assert_eq!((dry.1, run.1, again.1), ([1, 0, 2], [1, 0, 2], [0, 1, 2]), "{}", run.0);
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["ya29.two"]);
}

/// D2's users are taken over first, and its collection may hold a newer token of the same account.
#[tokio::test]
async fn an_older_copy_gives_way_to_a_newer_one() {
    let house = House::start().await;
    let org = house.organisation().await;
    let (first, second, third) =
        (d1(1, "sk-first", "2025-01-02"), d1(2, "sk-second", "2025-06-01"), d1(3, "sk-third", "2025-07-01"));
    told(&house, "d1", &json!([first]), &["--org", org.as_str()]).await;
    let rows = json!([first, second]);
    let [dry, run, again] = told(&house, "d1", &rows, &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1, again.1), ([1, 0, 1], [1, 0, 1], [0, 1, 1]), "{}", run.0);
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-second\"}"]);
    let file = house.file("several.json", rows.to_string());
    let script = house.run(&["cleanup", "d1", shown(&file), "--org", org.as_str()]).await.expect(3).out;
    assert_eq!(script.trim(), "DELETE FROM credentials WHERE id IN ('2');");
    assert_eq!(told(&house, "d1", &json!([third]), &["--org", org.as_str()]).await[1].1, [1, 0, 0]);
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-third\"}"]);
}

/// A later export may hold another record than the one that was taken over, which is told as what it is.
#[tokio::test]
async fn what_an_earlier_export_brought_stays_and_is_not_called_its_owners() {
    let house = House::start().await;
    let org = house.organisation().await;
    let (first, second) = (d1(1, "sk-first", "2025-06-01"), d1(2, "sk-second", "2025-01-02"));
    told(&house, "d1", &json!([first]), &["--org", org.as_str()]).await;
    let [dry, run, _] = told(&house, "d1", &json!([second]), &["--org", org.as_str()]).await;
    assert_eq!((dry.1, run.1), ([0, 0, 1], [0, 0, 1]));
    let reasons = reasons(&run.0);
    assert!(reasons.contains("another record that was taken over has its place here"), "{reasons}");
    assert_eq!(house.opened().await.into_values().collect::<Vec<_>>(), ["{\"api_key\":\"sk-first\"}"]);
}

/// Many of them, and the command is killed: the same are taken over as if it had not been.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_ends_with_the_same_records() {
    let house = House::start().await;
    let org = house.organisation().await;
    let row = |number: u32| {
        let mut row = d1(number, &format!("sk-{number}"), &format!("2025-01-{:02}", 1 + number / 600));
        row["username"] = json!(format!("person-{}", number % 600));
        row
    };
    let rows: Vec<Value> = (0..1800).map(row).collect();
    let file = house.file("several.json", json!(rows).to_string());
    let arguments = ["--json", "migrate", "d1", shown(&file), "--org", org.as_str()];
    house.kill_at(&arguments, "1000 records").await;
    let report = house.run(&arguments).await.expect(3).json();
    assert_eq!(report["skipped"], 1200, "{report}");
    let opened: std::collections::BTreeSet<String> = house.opened().await.into_values().collect();
    assert_eq!(opened, (1200..1800).map(|number| format!("{{\"api_key\":\"sk-{number}\"}}")).collect());
}
