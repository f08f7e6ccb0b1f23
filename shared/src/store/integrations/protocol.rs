//! The writes of the refresh protocol, as data: the store sends them, the model runs them.
//!
//! A lease keeps refreshers apart, an intent tells that the provider may have been called, and only a commit under the
//! same mark, fence and grant stores what the provider gave. Connect and disconnect move the grant, so that nothing a
//! refresher still holds can land on what the owner did in between.

use super::{Kind, Status, attribute as at};
use crate::store::expression::{Change, Condition, Look, Value, Write};

/// How long a lease holds, seconds.
pub const LEASE: i64 = 30;
/// How much of it must be left when the intent is written, seconds.
pub const LEASE_LEFT: i64 = 25;
/// How long a call to the provider may take, seconds.
pub const CALL: i64 = 20;
/// After this many failures in a row the status is `error`.
pub const ERRORS: i64 = 5;

/// What the protocol looks at in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    /// Which grant it holds.
    pub grant: i64,
    /// How many leases there were.
    pub fence: i64,
    /// Until when the newest lease holds.
    pub lease_until: Option<i64>,
    /// A call whose answer is not known, by the fence of its refresher.
    pub intent: Option<i64>,
    /// The row's state; `None` for one that this version does not know, which is left alone.
    pub status: Option<Status>,
    /// Whether its owner has switched it off.
    pub switched_off: bool,
    /// Whether it is a tombstone.
    pub disconnected: bool,
    /// Whether the token can be renewed: by a refresh token, or by the credential that minted it.
    pub refreshable: bool,
    /// When the access token ends.
    pub expires_at: Option<i64>,
    /// When the grant was given.
    pub refreshed_at: Option<i64>,
    /// Not before this time, after a failure.
    pub retry_at: Option<i64>,
    /// Failures in a row.
    pub error_count: i64,
}

impl View {
    /// Reads a row.
    pub fn of(row: &impl Look) -> Self {
        let number = |name| row.look(name).and_then(|value| value.number());
        Self {
            grant: number(at::GRANT).unwrap_or_default(),
            fence: number(at::FENCE).unwrap_or_default(),
            lease_until: number(at::LEASE_UNTIL),
            intent: number(at::INTENT),
            status: row.look(at::STATUS).and_then(|value| value.text().and_then(Status::parse)),
            switched_off: row.look(at::SWITCHED_OFF).is_some(),
            disconnected: row.look(at::DISCONNECTED_AT).is_some(),
            refreshable: row.look(at::REFRESH_TOKEN).is_some() || minted(row),
            expires_at: number(at::EXPIRES_AT),
            refreshed_at: number(at::REFRESHED_AT),
            retry_at: number(at::RETRY_AT),
            error_count: number(at::ERROR_COUNT).unwrap_or_default(),
        }
    }

    /// Whether somebody's lease still holds.
    pub fn leased(&self, now: i64) -> bool {
        self.lease_until.is_some_and(|until| until >= now)
    }
}

/// Whether its token was minted by the credential that stands in the row.
fn minted(row: &impl Look) -> bool {
    row.look(at::KIND).is_some_and(|kind| kind.text() == Some(Kind::Minted.as_str()))
        && row.look(at::CREDENTIAL).is_some()
}

/// A lease that was got.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// The holder's mark.
    pub me: String,
    /// The lease's number.
    pub fence: i64,
    /// The grant it was got on.
    pub grant: i64,
    /// Until when it holds.
    pub until: i64,
    /// The unanswered call that was found in the row.
    pub uncertain: Option<i64>,
}

impl Held {
    /// What the holder of `me` has, by the row its lease came back with. `None` where the row is somebody else's by now.
    pub fn of(row: &impl Look, me: &str, grant: i64) -> Option<Self> {
        let view = View::of(row);
        let mine = row.look(at::ATTEMPT).is_some_and(|value| value.text() == Some(me)) && view.grant == grant;
        let until = view.lease_until.filter(|_| mine)?;
        Some(Self { me: me.to_owned(), fence: view.fence, grant, until, uncertain: view.intent })
    }

    /// Whether a call that starts now ends before the lease does.
    pub fn has_time_to_call(&self, now: i64) -> bool {
        now + CALL <= self.until
    }

    /// The row is still as this holder left it.
    fn still(&self) -> Condition {
        Condition::All(vec![
            Condition::Is(at::ATTEMPT, self.me.as_str().into()),
            Condition::Is(at::FENCE, self.fence.into()),
            Condition::Is(at::GRANT, self.grant.into()),
        ])
    }
}

/// Takes the lease on `grant`, unless another's holds.
pub fn lease(grant: i64, me: &str, now: i64) -> Write {
    let until = now + LEASE;
    let free = Condition::Any(vec![Condition::Absent(at::LEASE_UNTIL), Condition::Less(at::LEASE_UNTIL, now)]);
    let change = Change::new().set(at::ATTEMPT, me).set(at::LEASE_UNTIL, until).add(at::FENCE, 1);
    let landed = Condition::All(vec![
        Condition::Is(at::GRANT, grant.into()),
        Condition::Is(at::ATTEMPT, me.into()),
        Condition::Is(at::LEASE_UNTIL, until.into()),
    ]);
    Write::new(Condition::Is(at::GRANT, grant.into()).and(free), change).landed(landed)
}

/// Says that the provider is about to be called. An unanswered call found before is taken over by exactly one.
pub fn intent(held: &Held, now: i64) -> Write {
    let unanswered = match held.uncertain {
        Some(fence) => Condition::Is(at::INTENT, fence.into()),
        None => Condition::Absent(at::INTENT),
    };
    let condition = held.still().and(Condition::More(at::LEASE_UNTIL, now + LEASE_LEFT)).and(unanswered);
    Write::new(condition, Change::new().set(at::INTENT, held.fence))
        .landed(held.still().and(Condition::Is(at::INTENT, held.fence.into())))
}

/// Stores what the provider gave; `tokens` sets the sealed tokens and what is known of them.
pub fn commit(held: &Held, tokens: Change, now: i64) -> Write {
    let grant = held.grant + 1;
    let change = Change::new()
        .set(at::STATUS, Status::Active.as_str())
        .set(at::REFRESHED_AT, now)
        .set(at::UPDATED_AT, now)
        .set(at::ERROR_COUNT, 0)
        .remove(&[at::RETRY_AT, at::LAST_ERROR])
        .with(tokens)
        .with(moved(grant, &held.me));
    Write::new(held.still(), change).landed(has_moved(grant, &held.me))
}

/// Says that the provider takes this grant no more.
pub fn revoked(held: &Held, error: &str, now: i64) -> Write {
    let change = Change::new()
        .set(at::STATUS, Status::Revoked.as_str())
        .set(at::LAST_ERROR, error)
        .set(at::UPDATED_AT, now)
        .add(at::REV, 1)
        .remove(&[at::LEASE_UNTIL, at::INTENT, at::RETRY_AT, at::DUE_PK, at::DUE_SK]);
    let landed = Condition::All(vec![
        Condition::Is(at::GRANT, held.grant.into()),
        Condition::Is(at::STATUS, Status::Revoked.as_str().into()),
    ]);
    Write::new(held.still(), change).landed(landed)
}

/// What is told of a refresh that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// Not before this time.
    pub retry_at: i64,
    /// What went wrong, without anything secret.
    pub error: String,
    /// Failures in a row, this one included.
    pub count: i64,
    /// Whether the provider may have acted on the call all the same.
    pub unknown: bool,
}

/// Puts a refresh off. An unanswered call stays on record until a later one is answered.
pub fn back_off(held: &Held, failure: &Failure, due: Change, now: i64) -> Write {
    let change = Change::new()
        .set(at::RETRY_AT, failure.retry_at)
        .set(at::LAST_ERROR, failure.error.as_str())
        .set(at::ERROR_COUNT, failure.count)
        .set(at::UPDATED_AT, now)
        .with(due)
        .remove(&[at::LEASE_UNTIL]);
    let change = if failure.count >= ERRORS { change.set(at::STATUS, Status::Error.as_str()) } else { change };
    let known = !failure.unknown && held.uncertain.is_none();
    Write::new(held.still(), if known { change.remove(&[at::INTENT]) } else { change })
}

/// Says that the token has ended and nothing can renew it.
pub fn ended(grant: i64, now: i64) -> Write {
    let change = Change::new()
        .set(at::STATUS, Status::Expired.as_str())
        .set(at::UPDATED_AT, now)
        .add(at::REV, 1)
        .remove(&[at::DUE_PK, at::DUE_SK]);
    Write::new(Condition::Is(at::GRANT, grant.into()).and(Condition::Absent(at::REFRESH_TOKEN)), change)
}

/// Gives the lease back without having called; `due` may say when to look again.
pub fn release(held: &Held, due: Change) -> Write {
    let change = due.remove(&[at::LEASE_UNTIL]);
    Write::new(held.still(), change)
}

/// Gives the lease back after the intent was written but nothing was sent.
pub fn withdraw(held: &Held) -> Write {
    let change = Change::new().remove(&[at::LEASE_UNTIL]);
    let change = if held.uncertain.is_some() { change } else { change.remove(&[at::INTENT]) };
    Write::new(held.still(), change)
}

/// Says when to look again, while nobody has moved the grant or the time since.
pub fn postpone(grant: i64, seen: &str, due: Change) -> Write {
    let condition = Condition::Is(at::GRANT, grant.into()).and(Condition::Is(at::DUE_SK, seen.into()));
    Write::new(condition, due)
}

/// Stores a new consent over what was seen: `None` for no row at all.
pub fn connect(seen: Option<i64>, me: &str, record: Change, now: i64) -> Write {
    stored(seen, seen.unwrap_or_default() + 1, me, record, now)
}

/// The grant of what comes here from another slot: above both, so that nothing older opens in either place.
pub fn above(seen: Option<i64>, other: i64) -> i64 {
    seen.unwrap_or_default().max(other) + 1
}

/// Stores what comes from another slot, whose grant was `other`, over what was seen in this one.
pub fn move_in(seen: Option<i64>, other: i64, me: &str, record: Change, now: i64) -> Write {
    stored(seen, above(seen, other), me, record, now)
}

fn stored(seen: Option<i64>, grant: i64, me: &str, record: Change, now: i64) -> Write {
    let condition = match seen {
        None => Condition::Absent(at::PK),
        Some(grant) => Condition::Is(at::GRANT, grant.into()),
    };
    let change = Change::new()
        .set(at::STATUS, Status::Active.as_str())
        .set(at::CONNECTED_AT, now)
        .set(at::REFRESHED_AT, now)
        .set(at::UPDATED_AT, now)
        .set(at::ERROR_COUNT, 0)
        .remove(&[at::DISCONNECTED_AT, at::EXPIRES, at::RETRY_AT, at::LAST_ERROR, at::LAST_USED_AT, at::SWITCHED_OFF])
        .with(record)
        .with(moved(grant, me));
    Write::new(condition, change).landed(has_moved(grant, me))
}

/// Switches it on or off. No other write of the protocol touches the switch but a new consent: a refresh that runs
/// meanwhile stores what it was given, and switches nothing on.
pub fn switch(on: bool) -> Change {
    if on { Change::new().remove(&[at::SWITCHED_OFF]) } else { Change::new().set(at::SWITCHED_OFF, Value::Flag(true)) }
}

/// Ends a connection at once, whatever the provider says: the tokens leave the row, a tombstone with the counters stays.
pub fn disconnect(grant: i64, me: &str, now: i64, forget_at: i64) -> Write {
    let condition = Condition::Is(at::GRANT, grant.into()).and(Condition::Absent(at::DISCONNECTED_AT));
    let change = Change::new()
        .set(at::STATUS, Status::Inactive.as_str())
        .set(at::DISCONNECTED_AT, now)
        .set(at::UPDATED_AT, now)
        .set(at::EXPIRES, forget_at)
        .remove(&[at::ACCESS_TOKEN, at::REFRESH_TOKEN, at::CREDENTIAL, at::CLIENT_SECRET, at::CONNECTED_AT])
        .remove(&[at::EXPIRES_AT, at::RETRY_AT, at::DUE_PK, at::DUE_SK, at::ACCOUNT_PK, at::ACCOUNT_SK])
        .remove(&[at::ORG_PK, at::ORG_SK, at::NAME, at::SETTINGS, at::SETTINGS_REV, at::METADATA, at::METADATA_REV])
        // Whose account it was is nobody's business any more, and the next connection begins anew.
        .remove(&[at::EXTERNAL, at::FIELDS, at::SCOPES, at::PROVENANCE, at::SWITCHED_OFF, at::LAST_ERROR])
        .remove(&[at::SYNC_ENABLED, at::LAST_SYNC_AT, at::LAST_TESTED_AT, at::LAST_USED_AT])
        .with(moved(grant + 1, me));
    Write::new(condition, change).landed(has_moved(grant + 1, me))
}

/// The grant moves on, and whoever was refreshing the old one has lost its lease.
fn moved(grant: i64, me: &str) -> Change {
    Change::new().set(at::GRANT, Value::Number(grant)).set(at::LAST_ATTEMPT, me).remove(&[at::LEASE_UNTIL, at::INTENT])
}

fn has_moved(grant: i64, me: &str) -> Condition {
    Condition::Is(at::GRANT, grant.into()).and(Condition::Is(at::LAST_ATTEMPT, me.into()))
}
