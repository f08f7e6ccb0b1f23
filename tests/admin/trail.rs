//! The sealed audit trail: whoever has been at it since is found out.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::aws::{Fault, Service};
use shared::{
    app::App,
    audit::{
        seal::{self, Sealed},
        verify::{Problem, Verification},
    },
    clock::Clock,
    id::{Ids, OrgId},
    store::audit::Entry,
};

use crate::house::{House, Row, shown, text};

mod again;

const DAY: Duration = Duration::from_hours(24);

/// Two organisations' trail over three days, sealed.
struct Trail {
    house: House,
    app: App,
    orgs: [OrgId; 2],
}

impl Trail {
    async fn new() -> Self {
        let house = House::start().await;
        let start: Timestamp = "2026-11-17T09:00:00Z".parse().unwrap();
        let app = house.app(Clock::fake(start));
        let ids = Ids::seeded(7);
        let trail = Self { house, app, orgs: [ids.make(), ids.make()] };
        for _ in 0..3 {
            for org in &trail.orgs {
                for subject in ["a", "b", "c"] {
                    trail.write(org, subject).await;
                }
            }
            trail.app.clock.advance(DAY);
        }
        trail.app.clock.advance(Duration::from_hours(1));
        assert_eq!(seal::run(&trail.app, || true).await.unwrap(), Sealed { days: 3, seals: 6, ..Sealed::default() });
        assert_eq!(trail.findings().await, []);
        trail
    }

    async fn write(&self, org: &OrgId, subject: &str) {
        self.app.clock.advance(Duration::from_secs(1));
        let entry = Entry { org, actor: "usr_x", action: "thing.change", subject, request: None };
        self.app.store.audit(&entry).await.unwrap();
    }

    /// What a look through all of it finds.
    async fn findings(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut verification = Verification::begin(&self.app, |finding| found.push(finding.problem)).await.unwrap();
        let (mut place, mut orgs) = (None, BTreeSet::new());
        loop {
            let stretch = self.app.store.walk_seals(place).await.unwrap();
            orgs.extend(stretch.found);
            place = stretch.next;
            if place.is_none() {
                break;
            }
        }
        for org in &orgs {
            verification.organisation(org).await.unwrap();
        }
        verification.days().await.unwrap();
        drop(verification);
        found
    }

    /// The first organisation's entries of its second day.
    async fn entries(&self) -> Vec<Row> {
        let pk = format!("{}#2026-11-18", self.orgs[0]);
        let mut rows = self.house.rows("audit").await;
        rows.retain(|row| text(row, "pk") == pk);
        rows.sort_by(|one, other| text(one, "sk").cmp(text(other, "sk")));
        assert_eq!(rows.len(), 3);
        rows
    }

    async fn put(&self, table: &str, row: Row) {
        self.house.client().put_item().table_name(format!("postern-{table}")).set_item(Some(row)).send().await.unwrap();
    }

    async fn delete(&self, table: &str, row: &Row) {
        let delete = self.house.client().delete_item().table_name(format!("postern-{table}"));
        delete.key("pk", row["pk"].clone()).key("sk", row["sk"].clone()).send().await.unwrap();
    }

    async fn seals(&self, pk: &str) -> Vec<Row> {
        let mut rows = self.house.rows("seals").await;
        rows.retain(|row| text(row, "pk") == pk);
        rows.sort_by(|one, other| text(one, "sk").cmp(text(other, "sk")));
        rows
    }
}

fn with(mut row: Row, name: &str, value: &str) -> Row {
    row.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
    row
}

#[tokio::test]
async fn an_edited_entry_is_found() {
    let trail = Trail::new().await;
    let row = trail.entries().await.swap_remove(1);
    trail.put("audit", with(row, "actor", "usr_somebody_else")).await;
    assert_eq!(trail.findings().await, [Problem::Altered]);
}

#[tokio::test]
async fn a_deleted_entry_and_a_cut_tail_are_found() {
    for nth in [0, 1, 2] {
        let trail = Trail::new().await;
        let rows = trail.entries().await;
        trail.delete("audit", &rows[nth]).await;
        assert_eq!(trail.findings().await, [Problem::Fewer { sealed: 3, found: 2 }], "{nth}");
    }
    let trail = Trail::new().await;
    for row in trail.entries().await {
        trail.delete("audit", &row).await;
    }
    assert_eq!(trail.findings().await, [Problem::Fewer { sealed: 3, found: 0 }]);
}

#[tokio::test]
async fn entries_in_another_order_are_found() {
    let trail = Trail::new().await;
    let [one, two, _] = &trail.entries().await[..] else { panic!("three entries") };
    let (first, second) = (text(one, "sk").to_owned(), text(two, "sk").to_owned());
    for row in [one, two] {
        trail.delete("audit", row).await;
    }
    trail.put("audit", with(one.clone(), "sk", &second)).await;
    trail.put("audit", with(two.clone(), "sk", &first)).await;
    assert_eq!(trail.findings().await, [Problem::Altered]);
}

#[tokio::test]
async fn an_entry_that_came_after_the_seal_is_found() {
    let trail = Trail::new().await;
    let row = trail.entries().await.swap_remove(0);
    let sk = format!("{}0", text(&row, "sk"));
    trail.put("audit", with(row, "sk", &sk)).await;
    assert_eq!(trail.findings().await, [Problem::More { sealed: 3, found: 4 }]);
}

#[tokio::test]
async fn entries_of_an_organisation_that_had_none_that_day_are_found() {
    let trail = Trail::new().await;
    let stranger: OrgId = Ids::seeded(99).make();
    trail.write(&stranger, "a").await;
    let rows = trail.house.rows("audit").await;
    let row = rows.into_iter().find(|row| text(row, "org") == stranger.as_str()).unwrap();
    let shard = text(&row, "day").replace("2026-11-20", "2026-11-18");
    trail.put("audit", with(with(row, "pk", &format!("{stranger}#2026-11-18")), "day", &shard)).await;
    assert_eq!(trail.findings().await, [Problem::Unsealed]);
}

#[tokio::test]
async fn an_entry_that_hides_from_the_index_is_found() {
    let trail = Trail::new().await;
    let stranger: OrgId = Ids::seeded(99).make();
    let row = trail.entries().await.swap_remove(0);
    let mut row = with(with(row, "org", stranger.as_str()), "pk", &format!("{stranger}#2026-11-18"));
    row.remove("day");
    trail.put("audit", row).await;
    assert_eq!(trail.findings().await, [Problem::Stray { found: 1 }]);
}

#[tokio::test]
async fn a_seal_that_was_made_to_fit_is_found() {
    let trail = Trail::new().await;
    let rows = trail.entries().await;
    trail.delete("audit", &rows[2]).await;
    // With the right count and head, as anybody can reckon them who can write the table, but not sign.
    let seals = trail.seals(trail.orgs[0].as_str()).await;
    trail.delete("seals", &seals[1]).await;
    let mut forged = seals[1].clone();
    forged.insert("count".to_owned(), AttributeValue::N("2".to_owned()));
    trail.put("seals", with(forged, "head", &"0".repeat(64))).await;
    let found = trail.findings().await;
    assert!(found.contains(&Problem::Forged) && found.contains(&Problem::Unlinked), "{found:?}");
}

#[tokio::test]
async fn a_missing_seal_is_found_wherever_it_was() {
    for nth in [0, 1, 2] {
        let trail = Trail::new().await;
        let seals = trail.seals(trail.orgs[0].as_str()).await;
        trail.delete("seals", &seals[nth]).await;
        let found = trail.findings().await;
        assert!(found.contains(&Problem::Seals { sealed: 2, found: 1 }), "{nth}: {found:?}");
        assert_eq!(found.contains(&Problem::Unlinked), nth < 2, "{nth}: {found:?}");
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_with_all_its_seals_is_found() {
    let trail = Trail::new().await;
    for day in ["2026-11-18", "2026-11-19"] {
        for (table, ends) in [("audit", true), ("seals", false)] {
            for row in trail.house.rows(table).await {
                let concerned = if ends { text(&row, "pk").ends_with(day) } else { text(&row, "sk") == day };
                if concerned {
                    trail.delete(table, &row).await;
                }
            }
        }
    }
    assert_eq!(trail.findings().await, [Problem::Behind]);
}

#[tokio::test]
async fn heads_that_were_kept_elsewhere_show_what_the_tables_cannot() {
    let trail = Trail::new().await;
    let heads = trail.house.run(&["audit", "heads"]).await.expect(0).out;
    assert_eq!(heads.lines().count(), 6);
    let file = trail.house.file("heads.jsonl", &heads);
    let org = trail.orgs[0].as_str();
    let verify = ["--json", "audit", "verify", "--org", org, "--against", shown(&file)];
    trail.house.run(&verify).await.expect(0);
    // Everything of the last day is gone, as if it had never been sealed.
    let seals = trail.seals(org).await;
    trail.delete("seals", &seals[2]).await;
    let run = trail.house.run(&verify).await.expect(3);
    assert!(run.out.contains("another than the one that was kept elsewhere"), "{}", run.out);
}

#[tokio::test]
async fn the_command_says_what_it_finds_and_ends_accordingly() {
    let trail = Trail::new().await;
    let org = trail.orgs[0].as_str();
    let run = trail.house.run(&["audit", "verify", "--org", org]).await.expect(0);
    assert!(run.out.contains("9 entries in 3 seals"), "{}", run.out);
    let row = trail.entries().await.swap_remove(1);
    trail.delete("audit", &row).await;
    let run = trail.house.run(&["--json", "audit", "verify", "--org", org]).await.expect(3);
    assert!(
        run.out.contains("\"day\":\"2026-11-18\"") && run.out.contains("some were deleted or cut off"),
        "{}",
        run.out
    );
}

#[tokio::test]
async fn a_run_that_was_cut_short_is_gone_on_with() {
    let house = House::start().await;
    let app = house.app(Clock::fake("2026-11-17T23:59:50Z".parse().unwrap()));
    let ids = Ids::seeded(3);
    for _ in 0..20 {
        let org: OrgId = ids.make();
        app.store.audit(&Entry { org: &org, actor: "x", action: "a.b", subject: "s", request: None }).await.unwrap();
    }
    app.clock.advance(Duration::from_mins(30));
    let early = seal::run(&app, || true).await.unwrap();
    assert_eq!((early.seals, house.rows("seals").await.len()), (0, 1), "the day is not closed yet, the one before is");
    app.clock.advance(Duration::from_mins(31));
    house.aws.faults().add(Fault::deny().service(Service::Kms).operation("GenerateMac").nth(9));
    assert!(seal::run(&app, || true).await.is_err());
    let some = house.rows("seals").await.len();
    assert!(some > 1 && some < 21, "{some}");
    let stopped = seal::run(&app, || false).await.unwrap();
    assert!(stopped.unfinished);
    let done = seal::run(&app, || true).await.unwrap();
    assert_eq!((done.days, house.rows("seals").await.len()), (1, 22));
    assert_eq!(seal::run(&app, || true).await.unwrap(), Sealed::default());
}
