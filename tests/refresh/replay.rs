//! Walks through the model, taken again on the real store: what the model says of a write is what DynamoDB does.

use shared::store::{
    expression::{Change, Condition, Row, Value, Write},
    key::Key,
};
use stateright::Model;
use support::TestApp;

use crate::model::{BOOKKEEPING, Refreshing, Rules, World};

/// How many walks, and how long each.
const WALKS: u64 = 160;
const STEPS: usize = 60;

#[tokio::test]
async fn the_store_does_what_the_model_says() {
    let app = TestApp::start().await;
    let store = app.stack().app("integrations").store.clone();
    let (model, mut seen) = (Refreshing::new(Rules::ours(), 4, 3), Seen::default());
    for walk in 0..WALKS {
        let mut dice = Dice(walk);
        let mut world = dice.pick(&model.init_states()).clone();
        let key = Key::new(&format!("walk-{walk}"), "row");
        store.integrations().replay(&key, &laid_down(&world)).await.unwrap();
        for _ in 0..STEPS {
            let mut actions = Vec::new();
            model.actions(&world, &mut actions);
            if actions.is_empty() {
                break;
            }
            let action = *dice.pick(&actions);
            let next = model.next_state(&world, action).unwrap();
            if let Some(write) = world.write_of(&model.rules, action) {
                let expected = write.condition.holds(&world.row) || write.landed.holds(&world.row);
                let (done, row) = store.integrations().replay(&key, &write).await.unwrap();
                assert_eq!(done, expected, "walk {walk}: {action:?} on {:?}", world.row);
                assert_eq!(bare(row.unwrap()), bare(next.row.clone()), "walk {walk}: {action:?}");
                seen.note(&write, &world.row);
            }
            world = next;
        }
    }
    // Walks that never met a refusal would prove little.
    assert!(seen.done > 500 && seen.refused > 50 && seen.landed > 5, "{seen:?}");
}

/// What the walks have met.
#[derive(Debug, Default)]
struct Seen {
    done: u32,
    refused: u32,
    landed: u32,
}

impl Seen {
    fn note(&mut self, write: &Write, row: &Row) {
        match (write.condition.holds(row), write.landed.holds(row)) {
            (true, _) => self.done += 1,
            (false, true) => self.landed += 1,
            (false, false) => self.refused += 1,
        }
    }
}

/// The row that a walk begins with.
fn laid_down(world: &World) -> Write {
    let change = ATTRIBUTES.iter().fold(Change::new(), |change, name| match world.row.get(*name) {
        Some(value) => change.set(name, value.clone()),
        None => change,
    });
    Write::new(Condition::ALWAYS, change)
}

/// What a new row holds besides its key.
const ATTRIBUTES: [&str; 8] = {
    use shared::store::integrations::attribute as at;
    [
        at::GRANT,
        at::STATUS,
        at::REFRESH_TOKEN,
        at::EXPIRES_AT,
        at::REFRESHED_AT,
        at::LAST_ATTEMPT,
        at::ERROR_COUNT,
        at::FENCE,
    ]
};

/// What both sides keep: the model has one row, and leaves out what nobody asks for.
fn bare(row: Row) -> Vec<(String, Value)> {
    let keys = ["pk", "sk"];
    let kept = row.into_iter().filter(|(name, _)| !keys.contains(&&**name) && !BOOKKEEPING.contains(&&**name));
    kept.map(|(name, value)| (name.into_owned(), value)).collect()
}

/// Draws the same each time.
struct Dice(u64);

impl Dice {
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let drawn = usize::try_from(self.0 >> 33).unwrap();
        &from[drawn % from.len()]
    }
}
