//! One refresh from the lease to the commit, as `decide` says and the protocol's writes allow.

use std::time::Duration;

use super::{
    Error, call,
    decide::{self, Next, Want},
    due,
};
use crate::{
    app::App,
    id::{random, random_token},
    providers::Provider,
    store::{
        Written,
        expression::Change,
        integrations::{
            Integration,
            protocol::{self, Held},
        },
    },
};

/// How long somebody else's refresh is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a look at somebody else's refresh waits, at first and at most, milliseconds.
const LOOK: u64 = 100;
const LONGEST_LOOK: u64 = 800;
/// How often the row may change under our hands before we give up.
const ROUNDS: usize = 8;

/// Gets the row to a state that will do, or says why not.
pub(super) async fn run(app: &App, mut row: Integration, want: Want) -> Result<Integration, Error> {
    let mut waited = Waited::default();
    for _ in 0..ROUNDS {
        let now = app.clock.epoch();
        match decide::on_read(&row.view, want, now) {
            Next::Use | Next::UseUncertain => return Ok(row),
            Next::NotConnected => return Err(Error::NotConnected),
            Next::Reconnect => return Err(Error::ReauthRequired { provider: row.provider }),
            Next::Ended => return Err(ended(app, &row).await),
            Next::NotBefore(at) => return Err(not_before(&row, at - now)),
            Next::Wait => row = waited.for_change(app, row, want).await?,
            Next::Lease => {
                let provider = app.provider(&row.provider)?;
                // Asked before the lease: a provider that is left alone costs no write.
                if let Some(until) = app.breakers.open(provider.slug(), now) {
                    return if decide::usable(&row.view, want, now) { Ok(row) } else { Err(left_alone(until - now)) };
                }
                row = match leased(app, &provider, row, want).await? {
                    Step::Done(row) => return Ok(*row),
                    Step::Look(row) => *row,
                };
            }
        }
    }
    Err(Error::unavailable(1, "the integration is changing too fast"))
}

/// What a turn with the lease led to.
enum Step {
    /// The row will do.
    Done(Box<Integration>),
    /// The row has changed: look at it again.
    Look(Box<Integration>),
}

async fn leased(app: &App, provider: &Provider, row: Integration, want: Want) -> Result<Step, Error> {
    let (key, me, grant) = (row.key(), random_token(), row.view.grant);
    let ready = call::ready(app, &row).await?;
    let rows = app.store.integrations();
    let found = match rows.apply(&key, &protocol::lease(grant, &me, app.clock.epoch())).await? {
        Written::No(found) => return changed(found),
        Written::Yes(item) => item,
    };
    let Some(held) = Held::of(&found, &me, grant) else { return changed(Some(found)) };
    let row = Integration::of(found)?;
    // The lease's answer is the consistent read.
    let next = decide::on_lease(&row.view, want, app.clock.epoch());
    if next != Next::Lease {
        rows.apply(&key, &protocol::release(&held, Change::new())).await?;
        return Ok(match next {
            Next::Use | Next::UseUncertain => Step::Done(Box::new(row)),
            _ => Step::Look(Box::new(row)),
        });
    }
    if let Written::No(found) = rows.apply(&key, &protocol::intent(&held, app.clock.epoch())).await? {
        // Too slow, or somebody connected or disconnected meanwhile.
        rows.apply(&key, &protocol::release(&held, Change::new())).await?;
        return changed(found);
    }
    if !held.has_time_to_call(app.clock.epoch()) {
        rows.apply(&key, &protocol::withdraw(&held)).await?;
        return Ok(Step::Look(Box::new(row)));
    }
    let outcome = call::call(app, provider, &row, &held, &ready).await?;
    settle(app, provider, row, held, outcome, want).await
}

async fn settle(
    app: &App,
    provider: &Provider,
    row: Integration,
    held: Held,
    outcome: call::Called,
    want: Want,
) -> Result<Step, Error> {
    let now = app.clock.epoch();
    let view = outcome.view(&row.view, now);
    let last_used = row.last_used_at.map(jiff::Timestamp::as_second);
    let grounds = due::Grounds { provider, all: app.config.outward.refresh_all, last_used };
    let entry = due::entry(row.id.as_str(), due::due_at(&view, &grounds, now));
    let given = outcome.given();
    let write = decide::settle(&held, outcome.outcome, entry, now);
    match app.store.integrations().apply(&row.key(), &write).await? {
        Written::Yes(item) if given.is_some() => Ok(Step::Done(Box::new(Integration::of(item)?))),
        Written::Yes(item) => {
            let row = Integration::of(item)?;
            // A refresh that fails early fails nobody while the stored token is good.
            let usable = decide::usable(&row.view, want, now) && row.connected();
            Ok(if usable { Step::Done(Box::new(row)) } else { Step::Look(Box::new(row)) })
        }
        Written::No(found) => {
            let found_view = found.as_ref().map(protocol::View::of);
            if let Some(tokens) = given
                && decide::give_back(found_view.as_ref())
            {
                call::give_back(app, provider, &row, tokens).await;
            }
            changed(found)
        }
    }
}

fn changed(found: Option<crate::store::Item>) -> Result<Step, Error> {
    match found {
        Some(item) => Ok(Step::Look(Box::new(Integration::of(item)?))),
        None => Err(Error::NotConnected),
    }
}

/// Nothing can renew the token: the row says so from now on.
async fn ended(app: &App, row: &Integration) -> Error {
    let write = protocol::ended(row.view.grant, app.clock.epoch());
    match app.store.integrations().apply(&row.key(), &write).await {
        Ok(_) => Error::ReauthRequired { provider: row.provider.clone() },
        Err(error) => error.into(),
    }
}

fn not_before(row: &Integration, wait: i64) -> Error {
    Error::unavailable(wait, row.last_error.clone().unwrap_or_else(|| "the last refresh failed".to_owned()))
}

fn left_alone(wait: i64) -> Error {
    Error::unavailable(wait, "the provider is left alone for a while after refusing us")
}

/// How long somebody else's refresh has been waited for.
#[derive(Default)]
struct Waited {
    looks: u32,
    total: Duration,
}

impl Waited {
    /// The row once it has changed: looked at with growing pauses, each a little random so that many do not look at once.
    async fn for_change(&mut self, app: &App, row: Integration, want: Want) -> Result<Integration, Error> {
        let key = row.key();
        while self.total < PATIENCE {
            let limit = (LOOK << self.looks.min(3)).min(LONGEST_LOOK);
            let pause = Duration::from_millis(limit / 2 + u64::from(u16::from_be_bytes(random())) % (limit / 2 + 1));
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
