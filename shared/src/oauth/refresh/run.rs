//! One refresh under the protocol: lease, intent, call, commit; or waiting for whoever holds the lease.

use std::sync::Arc;

use super::{
    Error, back_off,
    call::{self, Answer, Prepared},
    decide::{Next, Outcome, Want, give_back, on_lease, on_read, settle as settling},
    due::{Facts, due_at},
    lend::{facts_of, settle},
};
use crate::{
    app::App,
    id::random_token,
    oauth::token::Grant,
    observe,
    store::{
        self,
        expression::{Change, Write},
        integrations::{
            self, Integration, Settled, attribute as at,
            protocol::{self, Held},
        },
        timers::{Revocation, Timer, What},
    },
};

/// Nobody waits longer for somebody else's refresh, milliseconds.
const PATIENCE: u64 = 10_000;
/// A refresh that could not begin is not tried again for so long, by whoever holds this copy of the row; seconds.
const SPARED: i64 = 10;
/// How often a commit is tried while the database fails: what a provider gave is not to be lost.
const COMMITS: u32 = 6;

/// Refreshes, or waits until somebody else has: what comes back holds a token that will do.
pub(super) async fn refresh(app: App, found: Integration, want: Want) -> Result<Arc<Integration>, Error> {
    let mut row = found;
    let (mut waited, mut turn) = (0, 0);
    loop {
        let now = app.clock.epoch();
        let next = on_read(row.view(), want, now);
        if let Some(settled) = settle(&app, &row, next, now).await {
            return settled.map(|()| Arc::new(row));
        }
        let changed = match next {
            Next::Lease => attempt(&app, &row, want).await?,
            _ if waited >= PATIENCE => return Err(Error::unavailable(1, "another refresh takes too long")),
            _ => {
                let pause = back_off::look_again(turn);
                app.clock.sleep(pause).await;
                turn += 1;
                waited += u64::try_from(pause.as_millis()).unwrap_or(PATIENCE);
                app.store.integrations().row(&row.key()).await?
            }
        };
        row = changed.ok_or(Error::NotConnected)?;
    }
}

/// One try: the row as it is afterwards, whoever changed it.
async fn attempt(app: &App, row: &Integration, want: Want) -> Result<Option<Integration>, Error> {
    let usable = super::decide::usable(row.view(), want, app.clock.epoch());
    let mut prepared = match call::prepare(app, row).await {
        Ok(prepared) => prepared,
        Err(error) => return spared(app, row, want, usable, error).await,
    };
    if let Some(until) = app.breakers.open_for(app, &prepared.name).await {
        let error = Error::unavailable(until - app.clock.epoch(), "the provider's breaker is open");
        return spared(app, row, want, usable, error).await;
    }
    let me = random_token();
    let now = app.clock.epoch();
    let grant = row.view().grant;
    let leased = match write(app, row, &protocol::lease(grant, &me, now)).await? {
        Settled::Done(leased) => *leased,
        Settled::Refused(found) => return Ok(found.map(|found| *found)),
    };
    let held = Held { me, fence: leased.view().fence, grant, until: now + protocol::LEASE, uncertain: leased.view().intent };
    match on_lease(leased.view(), want, now) {
        Next::Lease => {}
        Next::UseUncertain => {
            let due = integrations::due(&leased.id, leased.view().expires_at);
            return released(app, &leased, &protocol::release(&held, due)).await;
        }
        _ => return released(app, &leased, &protocol::release(&held, Change::new())).await,
    }
    if let Settled::Refused(found) = write(app, &leased, &protocol::intent(&held, app.clock.epoch())).await? {
        return Ok(found.map(|found| *found));
    }
    if !held.has_time_to_call(app.clock.epoch()) {
        return released(app, &leased, &protocol::withdraw(&held)).await;
    }
    let answer = prepared.call(app, &leased).await;
    finish(app, &leased, &held, &prepared, want, answer).await
}

/// A refresh that could not even begin fails nobody whose stored token is good.
async fn spared(
    app: &App,
    row: &Integration,
    want: Want,
    usable: bool,
    error: Error,
) -> Result<Option<Integration>, Error> {
    if usable && want == Want::Fresh {
        tracing::warn!(provider = row.provider, %error, "a refresh did not begin; the stored token is used");
        let mut row = row.clone();
        row.hold_off(app.clock.epoch() + SPARED);
        return Ok(Some(row));
    }
    Err(error)
}

/// Settles the call in the row. What the provider gave is stored, or given back where its owner has left.
async fn finish(
    app: &App,
    row: &Integration,
    held: &Held,
    prepared: &Prepared,
    want: Want,
    answer: Answer,
) -> Result<Option<Integration>, Error> {
    let now = app.clock.epoch();
    let provider = row.provider.as_str();
    let (outcome, due, given) = match answer {
        Answer::Given(grant) => match prepared.tokens(app, row, &grant, now).await {
            Ok(tokens) => {
                let used = (want == Want::Fresh).then_some(now);
                let due = due_after(app, row, &grant, used, now);
                let tokens = used.map_or(tokens.clone(), |used| tokens.set(at::LAST_USED_AT, used));
                (Outcome::Given(tokens.clone()), due, Some(tokens))
            }
            Err(error) => {
                tracing::error!(provider, %error, "new tokens could not be sealed and are lost");
                let failure = call::failed(app, row.view().error_count + 1, true, "new tokens could not be sealed");
                (Outcome::Failed(failure), Change::new(), None)
            }
        },
        Answer::Dead(error) => (Outcome::Dead(error), Change::new(), None),
        Answer::Failed(failure) => {
            let unknown = failure.unknown || held.uncertain.is_some();
            let end = row.view().expires_at.filter(|_| unknown).unwrap_or_default();
            let due = integrations::due(&row.id, Some(failure.retry_at.max(end)));
            (Outcome::Failed(failure), due, None)
        }
    };
    let told = match &outcome {
        Outcome::Given(_) => "Refreshed",
        Outcome::Dead(_) => "RefreshRevoked",
        Outcome::Failed(_) => "RefreshFailed",
    };
    observe::count(app, told, ("Provider", provider), 1.0);
    match surely(app, row, &settling(held, outcome, due, now)).await? {
        Settled::Done(row) => Ok(Some(*row)),
        Settled::Refused(found) => {
            if let Some(tokens) = given.filter(|_| give_back(found.as_ref().map(|row| row.view()))) {
                hand_back(app, row, &tokens, now).await?;
            }
            Ok(found.map(|found| *found))
        }
    }
}

fn due_after(app: &App, row: &Integration, grant: &Grant, used: Option<i64>, now: i64) -> Change {
    let before = facts_of(app, row);
    let facts = Facts {
        expires_at: call::expires_at(grant, now),
        refreshed_at: now,
        last_used_at: used.or(before.last_used_at),
        retry_at: None,
        ..before
    };
    integrations::due(&row.id, due_at(&facts, now))
}

/// Its owner disconnected while the provider was asked: these tokens are nobody's.
async fn hand_back(app: &App, row: &Integration, tokens: &Change, now: i64) -> Result<(), Error> {
    let Some(left) = Revocation::of(row).and_then(|left| left.with(tokens, row.grant + 1)) else { return Ok(()) };
    let timer = Timer::due_now(What::Revocation(Box::new(left)), now);
    Ok(app.store.set_timer(&timer).await?)
}

async fn write(app: &App, row: &Integration, write: &Write) -> Result<Settled, Error> {
    Ok(app.store.integrations().write(&row.key(), write).await?)
}

async fn released(app: &App, row: &Integration, leaving: &Write) -> Result<Option<Integration>, Error> {
    match write(app, row, leaving).await? {
        Settled::Done(row) => Ok(Some(*row)),
        Settled::Refused(found) => Ok(found.map(|found| *found)),
    }
}

/// Writes although the database fails for a while. The lease may end meanwhile: the condition decides.
async fn surely(app: &App, row: &Integration, settled: &Write) -> Result<Settled, store::Error> {
    let mut turn = 0;
    loop {
        match app.store.integrations().write(&row.key(), settled).await {
            Err(error @ (store::Error::Throttled | store::Error::Failed(_))) if turn < COMMITS => {
                tracing::warn!(%error, "a refresh is not stored yet");
                app.clock.sleep(back_off::look_again(turn) * 4).await;
                turn += 1;
            }
            settled => return settled,
        }
    }
}

