//! The refresh protocol as a model that is searched exhaustively.
//!
//! The row is changed by the very conditions and changes that the store sends to DynamoDB, and refreshers decide by the
//! very functions that the product decides by. What is modelled is everything around: the provider, time, crashes, writes
//! whose answer is lost or that arrive late, and an owner who disconnects and connects anew.

mod action;
mod owner;
mod properties;
mod provider;
mod recovery;
mod refresher;
mod rules;
mod world;

use shared::oauth::refresh::decide::Next;
use shared::store::integrations::protocol::View;
use stateright::{Checker, Model, Property};

pub(crate) use rules::Rules;
pub(crate) use world::{BOOKKEEPING, World};

use action::{Action, Start};
use refresher::{Aim, Phase};

/// How far time goes, and in what steps, in seconds: one step is too long to wait before calling, two outlast a lease.
const TICK: i64 = 16;
const END: i64 = 64;

/// What is searched.
#[derive(Clone)]
pub(crate) struct Refreshing {
    /// The product's rules, or some with a defect put in.
    pub(crate) rules: Rules,
    /// How many faults may come together.
    pub(crate) faults: u8,
    /// How often the owner may connect, disconnect, or switch it on or off.
    pub(crate) moves: u8,
    /// What the second refresher is after; the first is a reader.
    pub(crate) aim: Aim,
    recoveries: recovery::Known,
}

impl Refreshing {
    pub(crate) fn new(rules: Rules, faults: u8, moves: u8) -> Self {
        Self { rules, faults, moves, aim: Aim::Fresh, recoveries: recovery::Known::default() }
    }
}

impl Model for Refreshing {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        [Start::Ended, Start::Stale].map(|start| World::new(start, self.faults, self.moves, self.aim)).into()
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        if world.now < END && world.calls_have_time(TICK) {
            actions.push(Action::Tick);
        }
        if world.moves > 0 {
            actions.push(if world.owner.is_some() { Action::Disconnect } else { Action::Connect });
            if world.owner.is_some() {
                actions.extend([Action::Connect, Action::Switch]);
            }
        }
        actions.extend((0..world.late.len()).map(Action::Arrive));
        for (who, refresher) in world.refreshers.iter().enumerate() {
            let faulty = world.faults > 0;
            match &refresher.phase {
                Phase::Idle => {
                    let view = View::of(&world.row);
                    let want = refresher.aim.of(view.grant);
                    if refresher.starts > 0 && (self.rules.on_read)(&view, want, world.now) == Next::Lease {
                        actions.push(Action::Start(who));
                    }
                    continue;
                }
                Phase::Leasing { .. } | Phase::Intending { .. } | Phase::Settling { .. } | Phase::Leaving { .. } => {
                    actions.push(Action::Write(who));
                    if faulty {
                        actions.push(Action::Delay(who));
                    }
                }
                Phase::Ready { .. } => actions.push(Action::Send(who)),
                Phase::Calling { answer: None, .. } => {
                    actions.push(Action::Process(who));
                    if faulty {
                        actions.extend([Action::Fail(who), Action::Lose(who)]);
                    }
                }
                Phase::Calling { .. } => {
                    actions.push(Action::Answer(who));
                    if faulty {
                        actions.push(Action::Lose(who));
                    }
                }
            }
            if faulty {
                actions.push(Action::Crash(who));
            }
        }
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        next.step(&self.rules, action);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

fn keeps_all_promises(model: Refreshing) {
    let what = format!("{} faults, {} moves of the owner, {:?}", model.faults, model.moves, model.aim);
    let found = model.checker().threads(2).spawn_bfs().join();
    found.assert_properties();
    println!("{what}: {} states", found.unique_state_count());
}

#[test]
fn no_order_of_events_breaks_a_promise() {
    for (faults, moves) in [(2, 0), (1, 1)] {
        keeps_all_promises(Refreshing::new(Rules::ours(), faults, moves));
    }
}

#[test]
fn nor_does_one_with_the_schedule_or_with_somebody_whose_token_was_refused() {
    for aim in [Aim::Renewed, Aim::Replaced] {
        for (faults, moves) in [(1, 0), (0, 1)] {
            keeps_all_promises(Refreshing { aim, ..Refreshing::new(Rules::ours(), faults, moves) });
        }
    }
}
