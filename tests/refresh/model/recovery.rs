//! Whether, from here on and with no more faults, one more refresher gets the integration to a known end.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use shared::oauth::refresh::decide::{Next, Want, stale_at};
use shared::store::{expression::Row, integrations::protocol::View};

use super::{
    Action, Rules, World,
    provider::Provider,
    refresher::{Aim, Phase, Refresher},
};

/// More seconds than leases, back-offs and tokens last, one after the other.
const PATIENCE: i64 = 300;

/// What has been found out: many worlds differ only in what becomes of the others.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<Mutex<Found>>);

/// By time, row and provider.
type Found = HashMap<(i64, Row, Provider), bool>;

impl Known {
    pub(crate) fn finishes(&self, rules: &Rules, world: &World) -> bool {
        let key = (world.now, world.row.clone(), world.provider.clone());
        if let Some(known) = self.0.lock().unwrap().get(&key) {
            return *known;
        }
        let found = finishes(rules, world);
        self.0.lock().unwrap().insert(key, found);
        found
    }
}

/// Lets all others be gone for good, and one newcomer try.
fn finishes(rules: &Rules, world: &World) -> bool {
    let mut world = world.clone();
    let end = world.now + PATIENCE;
    world.late.clear();
    world.refreshers = ['y', 'z'].map(|name| Refresher::new(name, 0, Aim::Fresh));
    while world.now < end {
        let view = View::of(&world.row);
        match (rules.on_read)(&view, Want::Fresh, world.now) {
            Next::Reconnect | Next::NotConnected => return true,
            Next::Use if stale_at(&view).is_none_or(|stale| stale > world.now) => return true,
            Next::Use | Next::UseUncertain | Next::Wait | Next::NotBefore(_) | Next::Ended => world.now += 5,
            Next::Lease => run(rules, &mut world),
        }
    }
    false
}

/// One refresh without a fault, in no time.
fn run(rules: &Rules, world: &mut World) {
    world.refreshers[0].starts = 1;
    world.step(rules, Action::Start(0));
    loop {
        let action = match world.refreshers[0].phase {
            Phase::Idle => break,
            Phase::Ready { .. } => Action::Send(0),
            Phase::Calling { answer: None, .. } => Action::Process(0),
            Phase::Calling { .. } => Action::Answer(0),
            _ => Action::Write(0),
        };
        world.step(rules, action);
    }
    world.now += 1;
}
