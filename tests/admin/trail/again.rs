//! Seals that are made again, rows that no function wrote, and what a look at one organisation shows of them.

use shared::audit::{seal, verify::Problem};

use super::{DAY, Trail, with};
use crate::house::text;

#[tokio::test]
async fn a_past_that_the_sealer_was_made_to_sign_again_is_found() {
    let trail = Trail::new().await;
    for _ in 0..3 {
        trail.app.clock.advance(DAY);
        seal::run(&trail.app, || true).await.unwrap();
    }
    assert_eq!(trail.findings().await, []);
    let row = trail.entries().await.swap_remove(1);
    trail.put("audit", with(row, "actor", "usr_somebody_else")).await;
    for row in trail.house.rows("seals").await {
        if text(&row, "sk") >= "2026-11-18" {
            trail.delete("seals", &row).await;
        }
    }
    let again = seal::run(&trail.app, || true).await.unwrap();
    assert_eq!((again.days, again.seals), (5, 4));
    let found = trail.findings().await;
    // Two organisations and the day itself, and the day after likewise; the last three are young enough.
    assert_eq!(found.len(), 6, "{found:?}");
    assert!(found.iter().all(|problem| matches!(problem, Problem::Late { .. })), "{found:?}");
    // The time is signed: it cannot be put back.
    for row in trail.house.rows("seals").await.into_iter().filter(|row| text(row, "sk") == "2026-11-18") {
        trail.put("seals", with(row, "sealed_at", "2026-11-19T01:00:00Z")).await;
    }
    let found = trail.findings().await;
    assert_eq!(found.iter().filter(|problem| **problem == Problem::Forged).count(), 3, "{found:?}");
}

#[tokio::test]
async fn what_no_function_wrote_stops_neither_sealing_nor_verifying() {
    let trail = Trail::new().await;
    let row = trail.house.rows("audit").await.swap_remove(0);
    for (pk, shard) in [("x#2026-11-20", "2026-11-20#0"), ("x#2026-11-18", "2026-11-18#0")] {
        trail.put("audit", with(with(row.clone(), "pk", pk), "day", shard)).await;
    }
    // Under a day that is not its partition's.
    for shard in 0..16 {
        let row = with(row.clone(), "day", &format!("2026-11-20#{shard}"));
        trail.put("audit", with(row, "sk", &format!("9{shard}"))).await;
    }
    trail.write(&trail.orgs[0], "a").await;
    trail.app.clock.advance(DAY);
    let done = seal::run(&trail.app, || true).await.unwrap();
    assert_eq!((done.days, done.seals, done.malformed), (1, 1, 17));
    let found = trail.findings().await;
    let told = Problem::Malformed { partition: "x#2026-11-18".to_owned() };
    assert!(found.contains(&told), "{found:?}");
}

#[tokio::test]
async fn one_organisations_look_finds_what_was_put_where_it_has_no_seal() {
    let trail = Trail::new().await;
    trail.app.clock.advance(DAY);
    seal::run(&trail.app, || true).await.unwrap();
    let org = trail.orgs[0].as_str();
    let row = trail.entries().await.swap_remove(0);
    trail.put("audit", with(row, "pk", &format!("{org}#2026-11-20"))).await;
    let run = trail.house.run(&["audit", "verify", "--org", org]).await.expect(3);
    assert!(run.out.contains("entries of a closed day that were not sealed"), "{}", run.out);
    assert!(run.out.contains("shows only where all organisations are looked at"), "{}", run.out);
}
