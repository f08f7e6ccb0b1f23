//! One refresh from the lease to the commit, as `decide` says and the protocol's writes allow.

use std::time::Duration;

use super::{
    Error,
    call::{self, Answer, Prepared, Tokens},
    decide::{self, Next, Outcome, Want},
    due,
};
use crate::{
    app::App,
    id::{random, random_token},
    observe,
    store::{
        self, Item, Written,
        expression::{Change, Write},
        integrations::{
            Integration, Kind, Status, attribute as at,
            protocol::{self, Held, View},
        },
        timers::Revocation,
    },
};

/// How long somebody else's refresh is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a look at somebody else's refresh waits, at first and at most, milliseconds.
const LOOK: u64 = 100;
const LONGEST_LOOK: u64 = 800;
/// How often the row may change under our hands before we give up.
const ROUNDS: usize = 8;
/// How often a result is stored again while the database fails: what a provider gave must not be lost.
const STORED: u32 = 6;

/// Gets the row to a state that will do, or says why not.
pub(super) async fn run(app: &App, mut row: Integration, want: Want) -> Result<Integration, Error> {
    let mut waited = Waited::default();
    for _ in 0..ROUNDS {
        let now = app.clock.epoch();
        match decide::on_read(&row.view, want, now) {
            Next::Use | Next::UseUncertain => return Ok(row),
            Next::NotConnected => return Err(Error::NotConnected),
            Next::Reconnect => return Err(Error::reauth(&row)),
            Next::Ended => row = ended(app, row).await?,
            Next::NotBefore(at) => return Err(not_before(&row, at - now)),
            Next::Wait => row = waited.for_change(app, row, want).await?,
            Next::Lease => match turn(app, &row, want).await {
                Ok(changed) => row = changed,
                Err(error) if spared(app, &row, want, &error) => {
                    tracing::warn!(integration = %row.id, %error, "a refresh failed early; the stored token is lent");
                    return Ok(row);
                }
                Err(error) => return Err(error),
            },
        }
    }
    Err(Error::unavailable(1, "the integration is changing too fast"))
}

/// A refresh that fails early fails nobody whose stored token is good, whatever it was that failed.
fn spared(app: &App, row: &Integration, want: Want, error: &Error) -> bool {
    let passing = matches!(error, Error::Unavailable { .. } | Error::Ours(_));
    passing && want == Want::Fresh && decide::usable(&row.view, want, app.clock.epoch())
}

async fn turn(app: &App, row: &Integration, want: Want) -> Result<Integration, Error> {
    let prepared = prepared(app, row).await?;
    leased(app, row.clone(), prepared, want).await
}

/// Everything that can fail without costing a write or a token.
async fn prepared(app: &App, row: &Integration) -> Result<Prepared, Error> {
    let prepared = call::prepare(app, row).await?;
    match prepared.left_alone(app).await {
        Some(until) => Err(left_alone(app, until)),
        None => Ok(prepared),
    }
}

fn left_alone(app: &App, until: i64) -> Error {
    Error::unavailable(until - app.clock.epoch(), "the provider is left alone for a while")
}

/// One turn with the lease: the row as it is afterwards, whoever has changed it.
async fn leased(app: &App, row: Integration, mut prepared: Prepared, want: Want) -> Result<Integration, Error> {
    let (key, me, grant) = (row.key(), random_token(), row.view.grant);
    let rows = app.store.integrations();
    let found = match rows.apply(&key, &protocol::lease(grant, &me, app.clock.epoch())).await? {
        Written::No(found) => return changed(found),
        Written::Yes(item) => item,
    };
    let Some(held) = Held::of(&found, &me, grant) else { return changed(Some(found)) };
    let row = Integration::of(found)?;
    // The lease's answer is the consistent read.
    match decide::on_lease(&row.view, want, app.clock.epoch()) {
        Next::Lease => {}
        Next::UseUncertain => {
            let end = due::entry(row.id.as_str(), row.view.expires_at);
            return after(rows.apply(&key, &protocol::release(&held, end)).await?);
        }
        _ => return after(rows.apply(&key, &protocol::release(&held, Change::new())).await?),
    }
    // With the lease in hand: a trial that is taken is made.
    if let Some(until) = prepared.not_tried(app).await {
        rows.apply(&key, &protocol::release(&held, Change::new())).await?;
        return Err(left_alone(app, until));
    }
    if let Written::No(found) = rows.apply(&key, &protocol::intent(&held, app.clock.epoch())).await? {
        // Too slow, or somebody connected or disconnected meanwhile.
        rows.apply(&key, &protocol::release(&held, Change::new())).await?;
        return changed(found);
    }
    if !held.has_time_to_call(app.clock.epoch()) {
        return after(rows.apply(&key, &protocol::withdraw(&held)).await?);
    }
    let answer = prepared.call(app, &row).await;
    settle(app, &row, &held, &prepared, want, answer).await
}

/// Stores what came of the call, or gives it back where its owner has left.
async fn settle(
    app: &App,
    row: &Integration,
    held: &Held,
    prepared: &Prepared,
    want: Want,
    answer: Answer,
) -> Result<Integration, Error> {
    let now = app.clock.epoch();
    let (outcome, entry, given) = judged(app, row, held, prepared, want, answer);
    let result = match &outcome {
        Outcome::Given(_) => "given",
        Outcome::Dead(_) => "dead",
        Outcome::Failed(_) => "failed",
    };
    tracing::info!(integration = %row.id, provider = row.provider, result, "refreshed");
    observe::count(app, if result == "given" { "Refreshes" } else { "RefreshFailures" }, 1);
    match surely(app, row, &decide::settle(held, outcome, entry, now)).await? {
        Written::Yes(item) => Ok(Integration::of(item)?),
        Written::No(found) => {
            if let Some(tokens) = given
                && decide::give_back(found.as_ref().map(View::of).as_ref())
            {
                hand_back(app, row, tokens, prepared, now).await;
            }
            changed(found)
        }
    }
}

/// The outcome, when the row comes up again, and the tokens that were given.
fn judged(
    app: &App,
    row: &Integration,
    held: &Held,
    prepared: &Prepared,
    want: Want,
    answer: Answer,
) -> (Outcome, Change, Option<Tokens>) {
    let now = app.clock.epoch();
    let failed = |failure: protocol::Failure| {
        let unknown = failure.unknown || held.uncertain.is_some();
        // A token that may be spent is not tried again before it is all there is.
        let end = row.view.expires_at.filter(|_| unknown).unwrap_or_default();
        let entry = due::entry(row.id.as_str(), Some(failure.retry_at.max(end)));
        (Outcome::Failed(failure), entry, None)
    };
    match answer {
        Answer::Given(grant) => match prepared.tokens(row, &grant, now) {
            Ok(tokens) => {
                let lent = (want == Want::Fresh).then_some(now);
                let last_used = lent.or(row.last_used_at.map(jiff::Timestamp::as_second));
                let (kind, all) = (row.kind, app.config.outward.refresh_all);
                let grounds = due::Grounds { provider: prepared.provider(), kind, all, last_used };
                let view = View {
                    expires_at: tokens.expires_at,
                    refreshed_at: Some(now),
                    retry_at: None,
                    refreshable: tokens.refresh.is_some() || row.kind == Kind::Minted,
                    ..row.view.clone()
                };
                let entry = due::entry(row.id.as_str(), due::due_at(&view, &grounds, now));
                let change = tokens.change.clone();
                let change = lent.map_or(change.clone(), |lent| change.set(at::LAST_USED_AT, lent));
                (Outcome::Given(change), entry, Some(tokens))
            }
            Err(error) => {
                tracing::error!(integration = %row.id, %error, "new tokens could not be sealed and are lost");
                failed(call::failed(app, row.view.error_count + 1, true, "new tokens could not be sealed"))
            }
        },
        Answer::Dead(error) => (Outcome::Dead(error), Change::new(), None),
        Answer::Failed(failure) => failed(failure),
    }
}

/// Its owner disconnected while the provider was asked: these tokens are nobody's, and go the way of the others.
async fn hand_back(app: &App, row: &Integration, tokens: Tokens, prepared: &Prepared, now: i64) {
    let Some(left) = Revocation::of(row, prepared.provider().revokes_account(), now) else { return };
    let left = Revocation {
        grant: row.grant + 1,
        access_token: tokens.access,
        refresh_token: tokens.refresh,
        client_secret: tokens.client_secret,
        ..left
    };
    // Whoever asked is told that the connection is gone all the same.
    if let Err(error) = app.store.set_timer(&left).await {
        tracing::error!(integration = %row.id, %error, "tokens of an ended connection are not given back");
    }
}

/// Writes although the database fails for a while. The lease may end meanwhile: the condition decides.
async fn surely(app: &App, row: &Integration, settled: &Write) -> Result<Written, store::Error> {
    let (key, mut turn) = (row.key(), 0);
    loop {
        match app.store.integrations().apply(&key, settled).await {
            Err(error @ (store::Error::Throttled | store::Error::Failed(_))) if turn < STORED => {
                tracing::warn!(%error, "a refresh is not stored yet");
                app.clock.sleep(pause(turn)).await;
                turn += 1;
            }
            written => return written,
        }
    }
}

fn changed(found: Option<Item>) -> Result<Integration, Error> {
    Ok(Integration::of(found.ok_or(Error::NotConnected)?)?)
}

fn after(written: Written) -> Result<Integration, Error> {
    match written {
        Written::Yes(item) => changed(Some(item)),
        Written::No(found) => changed(found),
    }
}

/// Nothing can renew the token: the row says so from now on. The row, where it holds another grant by now.
pub(super) async fn ended(app: &App, row: Integration) -> Result<Integration, Error> {
    if row.view.status != Some(Status::Expired) {
        let write = protocol::ended(row.view.grant, app.clock.epoch());
        if let Written::No(found) = app.store.integrations().apply(&row.key(), &write).await? {
            return changed(found);
        }
    }
    Err(Error::reauth(&row))
}

fn not_before(row: &Integration, wait: i64) -> Error {
    Error::unavailable(wait, row.last_error.clone().unwrap_or_else(|| "the last refresh failed".to_owned()))
}

/// Grows with each turn, and is a little random so that many do not come at once.
fn pause(turn: u32) -> Duration {
    let limit = (LOOK << turn.min(3)).min(LONGEST_LOOK);
    Duration::from_millis(limit / 2 + u64::from(u16::from_be_bytes(random())) % (limit / 2 + 1))
}

/// How long somebody else's refresh has been waited for.
#[derive(Default)]
struct Waited {
    looks: u32,
    total: Duration,
}

impl Waited {
    /// The row once it has changed.
    async fn for_change(&mut self, app: &App, row: Integration, want: Want) -> Result<Integration, Error> {
        let key = row.key();
        while self.total < PATIENCE {
            let pause = pause(self.looks);
            app.clock.sleep(pause).await;
            (self.looks, self.total) = (self.looks + 1, self.total + pause);
            let row = app.store.integrations().at(&key, true).await?.ok_or(Error::NotConnected)?;
            if decide::on_read(&row.view, want, app.clock.epoch()) != Next::Wait {
                return Ok(row);
            }
        }
        Err(Error::unavailable(1, "another refresh of this integration takes long"))
    }
}
