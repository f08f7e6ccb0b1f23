//! What to do next, given a row and the time. Pure, so that the model decides as the product does.

use crate::store::{
    expression::{Change, Write},
    integrations::{
        Status,
        protocol::{self, Failure, Held, View},
    },
};

/// A token is renewed this long before it ends, seconds, or a fifth of its life before, whichever is less.
const EARLY: i64 = 300;

/// What kind of token will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Want {
    /// One that is not about to end.
    Fresh,
    /// One of a later grant than this: the schedule renews it before it gets stale.
    Renewed(i64),
    /// One of a later grant than this, whose token the provider just refused.
    Replaced(i64),
}

/// What a row allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// Use the stored token; nothing is written.
    Use,
    /// Use the stored token as long as it lasts: the last refresh was not answered, and to try again could end it.
    UseUncertain,
    /// Take the lease.
    Lease,
    /// Somebody else is refreshing, and there is nothing to use meanwhile.
    Wait,
    /// A refresh failed a moment ago and there is nothing to use: not before this time.
    NotBefore(i64),
    /// The token has ended, and there is no refresh token.
    Ended,
    /// Its owner must connect again.
    Reconnect,
    /// There is no connection here.
    NotConnected,
}

/// How long before its end a token counts as stale, seconds.
pub fn margin(life: i64) -> i64 {
    EARLY.min(life / 5).max(0)
}

/// When the token counts as stale; `None` for one whose end is not known.
pub fn stale_at(view: &View) -> Option<i64> {
    let end = view.expires_at?;
    let life = view.refreshed_at.map_or(i64::MAX, |given| end - given);
    Some(end - margin(life))
}

fn fresh(view: &View, want: Want, now: i64) -> bool {
    match want {
        Want::Renewed(grant) | Want::Replaced(grant) if view.grant <= grant => false,
        _ => stale_at(view).is_none_or(|stale| stale > now),
    }
}

/// Whether the token can be used at all: it has not ended, and the provider has not refused it.
pub fn usable(view: &View, want: Want, now: i64) -> bool {
    let refused = matches!(want, Want::Replaced(grant) if view.grant <= grant);
    !refused && view.expires_at.is_none_or(|end| now < end)
}

/// What to do with a row that was read.
pub fn on_read(view: &View, want: Want, now: i64) -> Next {
    let next = settled(view, want, now);
    if next != Next::Lease {
        return next;
    }
    let usable = usable(view, want, now);
    let held = view.leased(now).then_some(Next::Wait);
    let early = view.retry_at.filter(|at| *at > now).map(Next::NotBefore);
    match held.or(early) {
        Some(_) if usable => Next::Use,
        Some(next) => next,
        None if view.intent.is_some() && usable => Next::UseUncertain,
        None => Next::Lease,
    }
}

/// What to do with the row that the lease came back with: `Lease` means to go on.
pub fn on_lease(view: &View, want: Want, now: i64) -> Next {
    let next = settled(view, want, now);
    if next != Next::Lease {
        return next;
    }
    let usable = usable(view, want, now);
    // Somebody may have failed between the read and the lease: its back-off counts for this one, too.
    match view.retry_at.filter(|at| *at > now) {
        Some(_) if usable => Next::Use,
        Some(at) => Next::NotBefore(at),
        None if view.intent.is_some() && usable => Next::UseUncertain,
        None => Next::Lease,
    }
}

/// Whether a refresh is called for at all.
fn settled(view: &View, want: Want, now: i64) -> Next {
    if view.disconnected || view.switched_off {
        return Next::NotConnected;
    }
    match view.status {
        // It was written down that it has ended: what the row says of its time counts no more.
        Some(Status::Expired) if !view.refreshable => return Next::Ended,
        Some(Status::Active | Status::Expired | Status::Error) => {}
        Some(Status::Revoked) => return Next::Reconnect,
        Some(Status::Pending | Status::Inactive) | None => return Next::NotConnected,
    }
    if fresh(view, want, now) {
        Next::Use
    } else if view.refreshable {
        Next::Lease
    } else if usable(view, want, now) {
        Next::Use
    } else {
        Next::Ended
    }
}

/// How a call to the provider ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// New tokens, sealed.
    Given(Change),
    /// The provider takes this grant no more.
    Dead(String),
    /// It failed, and may work later.
    Failed(Failure),
}

/// The write that settles it. All of them need the lease's own mark, fence and grant.
pub fn settle(held: &Held, outcome: Outcome, due: Change, now: i64) -> Write {
    match outcome {
        Outcome::Given(tokens) => protocol::commit(held, tokens.with(due), now),
        Outcome::Dead(error) => protocol::revoked(held, &error, now),
        Outcome::Failed(failure) => protocol::back_off(held, &failure, due, now),
    }
}

/// Whether tokens that could not be stored must be given back: only where their owner has disconnected. On a row that was
/// connected anew, giving them back could end the new connection too.
pub fn give_back(row: Option<&View>) -> bool {
    row.is_none_or(|view| view.disconnected)
}
