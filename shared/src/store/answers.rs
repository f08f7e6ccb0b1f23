//! Calls that carry an idempotency key: whose turn it is, and what came of it, in `guards`.
//!
//! A row is *running* while it has a lease, *done* without one, and free once it has expired: after a day, or at once
//! where the call came to nothing. A lease that ran out belongs to a call that broke off; the same call may then run again.

use std::time::Duration;

use super::{
    ATTEMPT, Attempt, Error, Item, Store, Table, Written,
    expression::{Attribute, Change, Condition, Look, Write},
    key::{self, Key},
};
use crate::vault::Sealed;

/// How long a call may take: as long as the slowest function.
const LEASE: Duration = Duration::from_mins(1);
/// How long a key is remembered, in seconds.
const KEPT: i64 = 24 * 3600;

const PRINT: Attribute = "print";
const LEASE_UNTIL: Attribute = "lease_until";
const ANSWER: Attribute = "answer";
const EXPIRES: Attribute = "expires";

/// The right to carry a call out, and to say what came of it.
#[derive(Debug)]
pub(crate) struct Claim {
    key: Key,
    attempt: Attempt,
}

/// How claiming went.
#[derive(Debug)]
pub(crate) enum Claimed {
    /// The call is to be carried out.
    Ours(Claim),
    /// Somebody is at it, for so long at most.
    Running(Duration),
    /// The key was used for another call.
    Differs,
    /// It was carried out.
    Done {
        /// By which print.
        print: String,
        /// What was answered, where that is kept.
        answer: Option<Sealed>,
    },
}

impl Store {
    /// Claims a call: one conditional write, which also tells what is known of it. Any of `prints` is the same call; the
    /// first is written down.
    pub(crate) async fn claim_call(&self, name: &str, prints: &[String]) -> Result<Claimed, Error> {
        let now = self.clock().now();
        let (seconds, millis) = (now.as_second(), now.as_millisecond());
        let claim = Claim { key: Key::new(&key::join(&["call", name]), "self"), attempt: Attempt::new() };
        let same = Condition::Any(prints.iter().map(|print| Condition::Is(PRINT, print.as_str().into())).collect());
        let free = vec![
            Condition::Absent("pk"),
            Condition::Less(EXPIRES, seconds + 1),
            Condition::Less(LEASE_UNTIL, millis + 1).and(same),
        ];
        let lease = i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        let change = Change::new()
            .set(PRINT, prints.first().map_or("", String::as_str))
            .set(ATTEMPT, claim.attempt.as_str())
            .set(LEASE_UNTIL, millis + lease)
            .set(EXPIRES, seconds + KEPT)
            .remove(&[ANSWER]);
        let write = Write::new(Condition::Any(free), change).landed(claim.is_ours());
        Ok(match self.apply(Table::Guards, &claim.key, &write).await? {
            Written::Yes(_) => Claimed::Ours(claim),
            Written::No(found) => Claimed::read(&found.unwrap_or_default(), prints, millis),
        })
    }

    /// Notes that the call was carried out, and its answer where that is kept. A claim that was lost meanwhile says
    /// nothing any more.
    pub(crate) async fn finish_call(&self, claim: &Claim, answer: Option<&Sealed>) -> Result<(), Error> {
        let change = Change::new().put(ANSWER, answer).remove(&[LEASE_UNTIL]);
        self.end_call(claim, change).await
    }

    /// Notes that the call came to nothing: its key is free.
    pub(crate) async fn free_call(&self, claim: &Claim) -> Result<(), Error> {
        let change = Change::new().set(EXPIRES, self.clock().epoch()).remove(&[LEASE_UNTIL]);
        self.end_call(claim, change).await
    }

    async fn end_call(&self, claim: &Claim, change: Change) -> Result<(), Error> {
        let write = Write::new(claim.is_ours(), change);
        match self.apply(Table::Guards, &claim.key, &write).await? {
            Written::Yes(_) | Written::No(_) => Ok(()),
        }
    }
}

impl Claim {
    fn is_ours(&self) -> Condition {
        Condition::Is(ATTEMPT, self.attempt.as_str().into())
    }
}

impl Claimed {
    fn read(row: &Item, prints: &[String], now: i64) -> Self {
        let print = row.look(PRINT).and_then(|print| print.text().map(str::to_owned)).unwrap_or_default();
        if !prints.contains(&print) {
            return Self::Differs;
        }
        match row.look(LEASE_UNTIL).and_then(|until| until.number()) {
            Some(until) => Self::Running(Duration::from_millis(u64::try_from(until - now).unwrap_or_default())),
            None => Self::Done { print, answer: row.get(ANSWER).and_then(Sealed::of) },
        }
    }
}
