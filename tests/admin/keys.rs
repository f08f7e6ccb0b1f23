//! Rotating, retiring and shredding data keys, while others read.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use aws_sdk_dynamodb::types::AttributeValue;
use shared::{
    auth::Owner,
    clock::Clock,
    vault::{Place, Purpose},
};

use crate::{
    house::{House, open, shown, text},
    old,
};

/// Three connections for two of them: 10,000.
const USERS: usize = 6_668;

/// Connections by the version of the key that their token is sealed with.
async fn versions(house: &House) -> (usize, usize) {
    let rows = house.rows("integrations").await;
    let version = |row: &crate::house::Row| row["access_token"].as_b().unwrap().as_ref()[4];
    let old = rows.iter().filter(|row| version(row) == 1).count();
    (old, rows.len() - old)
}

/// As if the rotation had been so long ago.
async fn age(house: &House, seconds: i64) {
    for row in house.rows("keys").await {
        let Some(at) = row.get("rotated_at").and_then(|at| at.as_n().ok()?.parse::<i64>().ok()) else { continue };
        let update = house.client().update_item().table_name("postern-keys");
        let update = update.key("pk", row["pk"].clone()).key("sk", row["sk"].clone());
        let earlier = AttributeValue::N((at - seconds).to_string());
        update
            .update_expression("SET rotated_at = :at")
            .expression_attribute_values(":at", earlier)
            .send()
            .await
            .unwrap();
    }
}

/// Opens one connection after the other until it is told to stop; says how many it opened.
fn reader(house: &Arc<House>, stop: &Arc<AtomicBool>) -> tokio::task::JoinHandle<usize> {
    let (house, stop) = (Arc::clone(house), Arc::clone(stop));
    tokio::spawn(async move {
        let (app, opened) = (house.app(Clock::system()), AtomicUsize::new(0));
        while !stop.load(Ordering::Relaxed) {
            let mut place = None;
            loop {
                let stretch = app.store.walk_integrations(place).await.unwrap();
                for found in &stretch.found {
                    open(&app, found).await;
                    opened.fetch_add(1, Ordering::Relaxed);
                    if stop.load(Ordering::Relaxed) {
                        return opened.into_inner();
                    }
                }
                place = stretch.next;
                if place.is_none() {
                    break;
                }
            }
        }
        opened.into_inner()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_killed_is_gone_on_with_while_readers_read() {
    let house = Arc::new(House::start().await);
    let org = house.organisation().await;
    let file = house.file("users.jsonl", old::d2(USERS));
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    let before = house.opened().await;
    let stop = Arc::new(AtomicBool::new(false));
    let reader = reader(&house, &stop);

    house.kill_at(&["keys", "rotate", "--org", org.as_str()], "1000 rows").await;
    let (left, done) = versions(&house).await;
    assert!(left > 0 && done > 0, "{left} left, {done} done when it was killed");
    let report = house.run(&["--json", "keys", "rotate", "--org", org.as_str()]).await.expect(0).json();
    assert_eq!(report["resumed"], 1, "{report}");
    assert_eq!(report["rows"]["failed"], 0, "{report}");
    assert_eq!(versions(&house).await, (0, before.len()));

    stop.store(true, Ordering::Relaxed);
    assert!(reader.await.unwrap() > 0, "readers went on all the while");
    assert_eq!(house.opened().await, before);
}

#[tokio::test]
async fn older_versions_are_retired_only_when_nothing_needs_them() {
    let house = House::start().await;
    let org = house.organisation().await;
    let file = house.file("users.jsonl", old::d2(4));
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    let older = house.rows("integrations").await;
    house.run(&["keys", "rotate", "--org", org.as_str()]).await.expect(0);

    let raise = ["--json", "keys", "raise", "--org", org.as_str()];
    let early = house.run(&raise).await.expect(3);
    assert!(early.out.contains("functions may still seal with the older version"), "{}", early.out);
    age(&house, 7 * 60).await;
    // A function that had the older version in memory has stored something since.
    house.client().put_item().table_name("postern-integrations").set_item(Some(older[0].clone())).send().await.unwrap();
    let report = house.run(&raise).await.expect(0).json();
    assert_eq!((&report["raised"], &report["rows"]["resealed"]), (&1.into(), &1.into()), "{report}");
    let trail = house.rows("audit").await;
    for action in ["data_key.rotate", "data_key.raise"] {
        let noted = |row: &&crate::house::Row| text(row, "action") == action && text(row, "org") == org.as_str();
        assert_eq!(trail.iter().filter(noted).count(), 1, "{action}");
    }
    assert_eq!(house.opened().await.len(), 6);
    // What was sealed before does not open any more, not even put back.
    house.client().put_item().table_name("postern-integrations").set_item(Some(older[0].clone())).send().await.unwrap();
    let run = house.run(&["keys", "rotate", "--org", org.as_str()]).await.expect(3);
    assert!(run.out.contains("is the lowest accepted") && run.out.contains(text(&older[0], "id")), "{}", run.out);
}

#[tokio::test]
async fn a_round_trip_that_was_left_off_holds_nothing_up_when_its_time_is_over() {
    let house = House::start().await;
    let (app, org) = (house.app(Clock::system()), house.organisation().await);
    let owner = Owner::Organisation;
    let place = Place {
        org: &org,
        owner: &owner,
        purpose: Purpose::Handshake,
        record: "hs_x",
        provider: "github",
        field: "verifier",
        grant: 0,
    };
    let verifier: AttributeValue = (&app.vault.seal(&place, b"a verifier").await.unwrap()).into();
    house.run(&["keys", "rotate", "--org", org.as_str()]).await.expect(0);
    age(&house, 7 * 60).await;
    let now = app.clock.epoch();
    for (left, code) in [(300, 3), (-1, 0)] {
        let texts = [("pk", "hs_x"), ("sk", "-"), ("id", "hs_x"), ("org", org.as_str()), ("provider", "github")];
        let mut row: crate::house::Row =
            texts.map(|(name, text)| (name.to_owned(), AttributeValue::S(text.to_owned()))).into();
        row.insert("verifier".to_owned(), verifier.clone());
        // As they are stored: known for a day after their time.
        for (name, at) in [("expires_at", now + left), ("expires", now + left + 86_400)] {
            row.insert(name.to_owned(), AttributeValue::N(at.to_string()));
        }
        house.client().put_item().table_name("postern-handshakes").set_item(Some(row)).send().await.unwrap();
        house.run(&["keys", "raise", "--org", org.as_str()]).await.expect(code);
    }
}

#[tokio::test]
async fn an_organisation_is_shredded_only_when_its_id_is_said_twice() {
    let house = House::start().await;
    let (org, other) = (house.organisation().await, house.organisation().await);
    for (org, number) in [(&org, 1), (&other, 3)] {
        let file = house.file("users.jsonl", old::d2_record(number).to_string());
        house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    }
    for wrong in [vec![], vec!["--confirm", other.as_str()]] {
        let arguments = [vec!["keys", "shred", "--org", org.as_str()], wrong].concat();
        house.run(&arguments).await.expect(2);
        assert_eq!(house.opened().await.len(), 2);
    }
    house.run(&["keys", "shred", "--org", org.as_str(), "--confirm", org.as_str()]).await.expect(0);
    let keys = house.rows("keys").await;
    assert!(keys.iter().all(|row| text(row, "pk").starts_with(other.as_str())), "{keys:?}");
    let trail = house.rows("audit").await;
    assert!(trail.iter().any(|row| text(row, "action") == "organisation.shred" && text(row, "org") == org.as_str()));
}

#[tokio::test]
async fn a_shredded_organisation_stays_shredded_and_holds_no_other_rotation_up() {
    let house = House::start().await;
    let orgs = [house.organisation().await, house.organisation().await, house.organisation().await];
    for (org, number) in orgs.iter().zip([1, 3, 5]) {
        let file = house.file("users.jsonl", old::d2_record(number).to_string());
        house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    }
    let [shredded, ..] = &orgs;
    house.run(&["keys", "shred", "--org", shredded.as_str(), "--confirm", shredded.as_str()]).await.expect(0);
    for version in [2, 3] {
        let report = house.run(&["--json", "keys", "rotate", "--all"]).await.expect(0).json();
        assert_eq!((&report["keys"], &report["resumed"]), (&2.into(), &0.into()), "{report}");
        let rows = &report["rows"];
        assert!(rows["gone"].as_u64() > Some(0) && rows["failed"] == 0, "{report}");
        let keys = house.rows("keys").await;
        assert_eq!(keys.len(), 2, "no key of {shredded} was made: {keys:?}");
        for key in keys {
            assert_eq!(key["current"], AttributeValue::N(version.to_string()));
            assert!(!key.contains_key("unfinished"), "{key:?}");
        }
    }
}

#[tokio::test]
async fn a_value_that_does_not_open_holds_only_its_own_key_up() {
    let house = House::start().await;
    let orgs = [house.organisation().await, house.organisation().await];
    for (org, number) in orgs.iter().zip([1, 3]) {
        let file = house.file("users.jsonl", old::d2_record(number).to_string());
        house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    }
    let put = async |row| {
        house.client().put_item().table_name("postern-integrations").set_item(Some(row)).send().await.unwrap();
    };
    let held_up: Vec<_> =
        house.rows("integrations").await.into_iter().filter(|row| text(row, "org") == orgs[0].as_str()).collect();
    for mut row in held_up.clone() {
        let mut sealed = row["access_token"].as_b().unwrap().as_ref().to_vec();
        *sealed.last_mut().unwrap() ^= 1;
        row.insert("access_token".to_owned(), AttributeValue::B(sealed.into()));
        put(row).await;
    }
    house.run(&["keys", "rotate", "--all"]).await.expect(3);
    for key in house.rows("keys").await {
        let held_up = text(&key, "pk").starts_with(orgs[0].as_str());
        assert_eq!(key.contains_key("unfinished"), held_up, "{key:?}");
    }
    // Mended, the rotation is brought to its end by raising, and the next one begins anew.
    for row in held_up {
        put(row).await;
    }
    age(&house, 7 * 60).await;
    house.run(&["keys", "raise", "--org", orgs[0].as_str()]).await.expect(0);
    assert!(house.rows("keys").await.iter().all(|key| !key.contains_key("unfinished")));
}

#[tokio::test]
async fn nothing_is_done_to_all_by_leaving_a_word_out() {
    let house = House::start().await;
    for command in ["rotate", "rewrap", "raise"] {
        let run = house.run(&["keys", command]).await.expect(2);
        assert!(run.err.contains("say whose keys"), "{}", run.err);
    }
    // Nor to nobody by a slip of the pen.
    let nobody = "org_0000000000000000000000";
    for command in ["list", "rotate", "rewrap", "raise", "shred"] {
        let run = house.run(&["keys", command, "--org", nobody]).await.expect(2);
        assert!(run.err.contains("there is no organisation"), "{}", run.err);
    }
    assert!(house.rows("audit").await.is_empty());
    house.run(&["audit", "verify", "--org", nobody]).await.expect(1);
}

#[tokio::test]
async fn data_keys_move_to_another_customer_key() {
    let house = House::start().await;
    let org = house.organisation().await;
    let file = house.file("users.jsonl", old::d2(3));
    house.run(&["migrate", "d2", shown(&file), "--org", org.as_str()]).await.expect(0);
    let arn = |id: &str| house.aws.template().keys.iter().find(|key| key.id == id).unwrap().arn.clone();
    // Where the key that wraps them is not named, that is said.
    let mut command = house.command(&["--json", "keys", "rewrap", "--all"]);
    command.env("VAULT_KEY_ID", arn("StorageKey"));
    let report = house.run_command(command).await.expect(3).json();
    assert!(report["elsewhere"][0].as_str().unwrap().starts_with(org.as_str()), "{report}");
    let mut command = house.command(&["--json", "keys", "rewrap", "--all"]);
    command.env("VAULT_KEY_ID", format!("{},{}", arn("StorageKey"), arn("VaultKey")));
    let report = house.run_command(command).await.expect(0).json();
    assert_eq!(report["versionsMoved"], 1, "{report}");
    // By the new key alone.
    let mut command = house.command(&["cleanup", "d2", shown(&file), "--org", org.as_str()]);
    command.env("VAULT_KEY_ID", arn("StorageKey"));
    house.run_command(command).await.expect(0);
}
