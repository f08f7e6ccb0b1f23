//! Each rule of the protocol taken out, one at a time: the search must then find a promise that breaks. A rule whose
//! absence nobody notices would be no rule.

use shared::oauth::refresh::decide::{self, Next, Outcome};
use shared::store::{
    expression::{Attribute, Change, Condition, Step, Write},
    integrations::{
        attribute as at,
        protocol::{self, Held, View},
    },
};
use stateright::{Checker, HasDiscoveries, Model};

use crate::model::{Refreshing, Rules};

/// Searches until one of the named promises is broken, and says which.
fn broken_by(rules: Rules, faults: u8, moves: u8, promises: &'static [&'static str]) {
    let model = Refreshing::new(rules, faults, moves);
    let found = model
        .checker()
        .threads(2)
        .finish_when(HasDiscoveries::AnyOf(promises.iter().copied().collect()))
        .spawn_bfs()
        .join();
    let broken = found.discoveries();
    assert!(promises.iter().any(|promise| broken.contains_key(promise)), "nobody noticed; broken: {:?}", broken.keys());
}

/// The condition without what it asks of these attributes.
fn unasked(condition: Condition, names: &[Attribute]) -> Condition {
    let part = |parts: Vec<Condition>| -> Vec<Condition> {
        parts.into_iter().map(|part| unasked(part, names)).filter(|part| *part != Condition::ALWAYS).collect()
    };
    match condition {
        Condition::All(parts) => Condition::All(part(parts)),
        Condition::Any(parts) => match part(parts) {
            none if none.is_empty() => Condition::ALWAYS,
            some => Condition::Any(some),
        },
        Condition::Absent(name)
        | Condition::Present(name)
        | Condition::Is(name, _)
        | Condition::Less(name, _)
        | Condition::More(name, _)
            if names.contains(&name) =>
        {
            Condition::ALWAYS
        }
        other => other,
    }
}

/// The write without what it asks of these attributes.
fn unconditional(write: Write, names: &[Attribute]) -> Write {
    Write { condition: unasked(write.condition, names), ..write }
}

/// The write without what it does to these attributes.
fn untouched(write: Write, names: &[Attribute]) -> Write {
    let kept = write.change.steps().iter().filter(|step| !names.contains(&step.attribute()));
    let change = kept.fold(Change::new(), |change, step| match step.clone() {
        Step::Set(name, value) => change.set(name, value),
        Step::SetOnce(name, value) => change.set_once(name, value),
        Step::Add(name, amount) => change.add(name, amount),
        Step::Remove(name) => change.remove(&[name]),
    });
    Write { change, ..write }
}

#[test]
fn committing_on_the_fence_alone() {
    let settle = |held: &Held, outcome, due, now| {
        let write = decide::settle(held, outcome, due, now);
        unconditional(write, &[at::ATTEMPT, at::GRANT])
    };
    let rules = Rules { settle, ..Rules::ours() };
    broken_by(rules, 0, 1, &["disconnected stays disconnected"]);
    broken_by(rules, 0, 1, &["the newest consent stays"]);
}

#[test]
fn committing_without_the_grant() {
    let settle = |held: &Held, outcome, due, now| unconditional(decide::settle(held, outcome, due, now), &[at::GRANT]);
    let rules = Rules { settle, ..Rules::ours() };
    broken_by(rules, 0, 1, &["disconnected stays disconnected"]);
    broken_by(rules, 0, 1, &["the newest consent stays"]);
}

#[test]
fn committing_on_the_grant_alone() {
    let settle = |held: &Held, outcome, due, now| {
        unconditional(decide::settle(held, outcome, due, now), &[at::ATTEMPT, at::FENCE])
    };
    broken_by(Rules { settle, ..Rules::ours() }, 1, 0, &["no token is lost unknowingly"]);
}

#[test]
fn disconnecting_without_moving_the_grant() {
    let disconnect = |grant, me: &str, now, until| untouched(protocol::disconnect(grant, me, now, until), &[at::GRANT]);
    broken_by(Rules { disconnect, ..Rules::ours() }, 0, 1, &["disconnected stays disconnected"]);
}

#[test]
fn connecting_without_moving_the_grant() {
    let connect = |seen, me: &str, record, now| match seen {
        None => protocol::connect(seen, me, record, now),
        Some(_) => untouched(protocol::connect(seen, me, record, now), &[at::GRANT]),
    };
    broken_by(Rules { connect, ..Rules::ours() }, 0, 1, &["the newest consent stays"]);
}

#[test]
fn calling_without_a_look_at_the_rest_of_the_lease() {
    let intent = |held: &Held, now| unconditional(protocol::intent(held, now), &[at::LEASE_UNTIL]);
    let rules = Rules { intent: Some(intent), has_time_to_call: |_, _| true, ..Rules::ours() };
    broken_by(rules, 0, 0, &["one call at a time"]);
}

#[test]
fn calling_long_after_the_intent_was_written() {
    let rules = Rules { has_time_to_call: |_, _| true, ..Rules::ours() };
    broken_by(rules, 0, 0, &["one call at a time"]);
}

#[test]
fn calling_without_an_intent() {
    broken_by(Rules { intent: None, ..Rules::ours() }, 1, 0, &["no token is lost unknowingly"]);
}

#[test]
fn taking_a_lease_that_another_holds() {
    let lease = |grant, me: &str, now| unconditional(protocol::lease(grant, me, now), &[at::LEASE_UNTIL]);
    broken_by(Rules { lease, ..Rules::ours() }, 0, 0, &["one call at a time"]);
}

#[test]
fn a_lease_that_does_not_know_its_own_mark() {
    let lease = |grant, me: &str, now| protocol::lease(grant, me, now).landed(Condition::NEVER);
    broken_by(Rules { lease, ..Rules::ours() }, 1, 0, &["nobody waits for itself"]);
}

#[test]
fn a_lease_that_takes_its_own_mark_for_free() {
    let lease = |grant: i64, me: &str, now| {
        let write = protocol::lease(grant, me, now);
        let mine = Condition::Is(at::GRANT, grant.into()).and(Condition::Is(at::ATTEMPT, me.into()));
        Write { condition: Condition::Any(vec![write.condition, mine]), ..write }
    };
    broken_by(Rules { lease, ..Rules::ours() }, 1, 0, &["no token is lost without a fault"]);
}

#[test]
fn leases_without_a_number() {
    let rules = Rules {
        intent: Some(|held, now| unconditional(protocol::intent(held, now), &[at::FENCE])),
        settle: |held, outcome, due, now| unconditional(decide::settle(held, outcome, due, now), &[at::FENCE]),
        release: |held, due| unconditional(protocol::release(held, due), &[at::FENCE]),
        withdraw: |held| unconditional(protocol::withdraw(held), &[at::FENCE]),
        ..Rules::ours()
    };
    broken_by(rules, 1, 0, &["one call at a time", "no token is lost unknowingly"]);
}

#[test]
fn marking_a_grant_revoked_whatever_the_row_says() {
    let settle = |held: &Held, outcome: Outcome, due, now| {
        let dead = matches!(outcome, Outcome::Dead(_));
        let write = decide::settle(held, outcome, due, now);
        if dead { Write { condition: Condition::Present(at::PK), ..write } } else { write }
    };
    broken_by(Rules { settle, ..Rules::ours() }, 1, 1, &["revoked only when the grant is dead"]);
}

#[test]
fn forgetting_a_call_that_was_not_answered() {
    let settle = |held: &Held, outcome: Outcome, due, now| {
        let failed = matches!(outcome, Outcome::Failed(_));
        let write = decide::settle(held, outcome, due, now);
        if failed { Write { change: write.change.remove(&[at::INTENT]), ..write } } else { write }
    };
    broken_by(Rules { settle, ..Rules::ours() }, 1, 0, &["no token is lost unknowingly"]);
}

#[test]
fn trying_an_unanswered_token_again_at_once() {
    let on_lease = |view: &_, want, now| match decide::on_lease(view, want, now) {
        Next::UseUncertain => Next::Lease,
        next => next,
    };
    let rules = Rules {
        on_lease,
        on_read: |view, want, now| match decide::on_read(view, want, now) {
            Next::UseUncertain => Next::Lease,
            next => next,
        },
        ..Rules::ours()
    };
    broken_by(rules, 1, 0, &["a token that works is not risked"]);
}

#[test]
fn calling_at_once_after_anothers_back_off() {
    let on_lease = |view: &View, want, now| decide::on_lease(&View { retry_at: None, ..view.clone() }, want, now);
    broken_by(Rules { on_lease, ..Rules::ours() }, 1, 0, &["a back-off is waited for"]);
}

#[test]
fn giving_back_whatever_could_not_be_stored() {
    let rules = Rules { give_back: |_| true, ..Rules::ours() };
    broken_by(rules, 0, 1, &["no token is lost unknowingly"]);
}

#[test]
fn a_lease_that_never_ends() {
    let lease = |grant, me: &str, now| {
        let write = protocol::lease(grant, me, now);
        let free = Condition::Is(at::GRANT, grant.into()).and(Condition::Absent(at::LEASE_UNTIL));
        Write { condition: free, ..write }
    };
    broken_by(Rules { lease, ..Rules::ours() }, 1, 0, &["somebody can always finish"]);
}

#[test]
fn switching_on_with_a_commit() {
    let settle = |held: &Held, outcome: Outcome, due, now| {
        let given = matches!(outcome, Outcome::Given(_));
        let write = decide::settle(held, outcome, due, now);
        if given { Write { change: write.change.with(protocol::switch(true)), ..write } } else { write }
    };
    broken_by(Rules { settle, ..Rules::ours() }, 0, 1, &["switched off stays switched off"]);
}

#[test]
fn keeping_the_switch_in_the_status() {
    let switch = |on| Change::new().set(at::STATUS, if on { "active" } else { "inactive" });
    broken_by(Rules { switch, ..Rules::ours() }, 0, 1, &["switched off stays switched off"]);
}

#[test]
fn connecting_anew_with_the_switch_as_it_was() {
    let connect =
        |seen, me: &str, record, now| untouched(protocol::connect(seen, me, record, now), &[at::SWITCHED_OFF]);
    broken_by(Rules { connect, ..Rules::ours() }, 0, 2, &["switched on stays switched on"]);
}
