//! Breakers: one a provider and OAuth client, open while asking would only do harm.
//!
//! Three things open one. The operator's mistake: the provider knows our client no more. A burst of dead grants: more
//! likely the provider's or the operator's fault than that of all those people, so none of them is disconnected. And a
//! provider that asks for patience, which only this process remembers. What opened is a row, so that all instances know;
//! when its time is over, one of them tries.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{
    app::App,
    auth::Tenant,
    observe,
    providers::Provider,
    store::{
        breakers::{Breaker, Reason, Tally, window},
        integrations::{Integration, Provenance},
    },
};

/// What is known of a breaker's row counts for so long, in seconds.
const REMEMBERED: i64 = 30;
/// So many dead grants within a window count as a burst, when they are at least as many as the successes, and of so many
/// owners: nobody alone can open a breaker for all.
const BURST: i64 = 10;
const BURST_OWNERS: i64 = 3;
/// A provider that asks one of us for more patience than this is asked by the others all the same, seconds.
const PATIENCE: i64 = 5 * 60;
/// A burst that has lasted for so long is believed: those grants are dead. Seconds.
const BELIEVED: i64 = 24 * 60 * 60;

/// Whose breaker it is: those who share a client share its fate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The provider's family: its authorization server.
    pub(crate) family: String,
    /// The OAuth client.
    pub(crate) client: String,
}

impl Name {
    /// That of an integration's own client at its provider. Tokens that were got elsewhere may belong to any client,
    /// whatever the row says. Those that their owner handed over share nobody's fate; those that the operator took over
    /// from an older system share that of each other, and hold up nobody who has connected here.
    pub(super) fn of(provider: &Provider, integration: &Integration) -> Self {
        let client = match integration.provenance {
            Some(Provenance::Pasted) => integration.id.as_str(),
            Some(Provenance::Migrated) => "migrated",
            None => integration.client_id.as_deref().unwrap_or_default(),
        };
        Self { family: provider.family().to_owned(), client: client.to_owned() }
    }
}

/// What this process knows of all breakers.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<Name, Known>>);

#[derive(Clone, Default)]
struct Known {
    row: Option<Breaker>,
    read_at: i64,
    /// This process's own patience, after the provider asked for it.
    patience_until: i64,
    /// Successes that the tally has not been told of, and the window that they fell into. Those of another window say
    /// nothing of a burst.
    successes: i64,
    window: i64,
}

impl Known {
    /// The successes of this window.
    fn successes(&mut self, now: i64) -> &mut i64 {
        if self.window != window(now) {
            (self.window, self.successes) = (window(now), 0);
        }
        &mut self.successes
    }
}

impl Breakers {
    fn known(&self) -> MutexGuard<'_, HashMap<Name, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, name: &Name, row: Option<Breaker>, now: i64) {
        let mut known = self.known();
        let known = known.entry(name.clone()).or_default();
        (known.row, known.read_at) = (row, now);
    }

    /// Until when nobody may call; `None` where the time is over, or nothing was open.
    pub(super) async fn open_for(&self, app: &App, name: &Name) -> Option<i64> {
        self.look(app, name, app.clock.epoch()).await.err()
    }

    /// The row, where somebody has to try; the time before which nobody may.
    async fn look(&self, app: &App, name: &Name, now: i64) -> Result<Option<Breaker>, i64> {
        let known = self.known().get(name).cloned().unwrap_or_default();
        if known.patience_until > now {
            return Err(known.patience_until);
        }
        match self.row(app, name, &known, now).await {
            // Nobody doubts them any more: to let one through at a time would leave the rest waiting for days.
            Some(row) if believed(&row, now) => Ok(None),
            Some(row) if row.until > now => Err(row.until),
            row => Ok(row),
        }
    }

    /// Asks to call now. Of all who ask when the time is over, one is let through; the others are told how long to wait.
    pub(super) async fn trial(&self, app: &App, name: &Name) -> Option<i64> {
        let now = app.clock.epoch();
        let row = match self.look(app, name, now).await {
            Ok(row) => row?,
            Err(until) => return Some(until),
        };
        match app.store.probe_breaker(&name.family, &name.client, &row, now).await {
            Ok(Some(probing)) => {
                self.remember(name, Some(probing), now);
                None
            }
            Ok(None) => {
                self.remember(name, None, 0);
                Some(now + 5)
            }
            // A table that does not answer stops nobody: the provider itself says no soon enough.
            Err(error) => {
                tracing::warn!(%error, "a breaker was not read");
                None
            }
        }
    }

    async fn row(&self, app: &App, name: &Name, known: &Known, now: i64) -> Option<Breaker> {
        if known.read_at + REMEMBERED > now {
            return known.row.clone();
        }
        match app.store.breaker(&name.family, &name.client).await {
            Ok(row) => {
                self.remember(name, row.clone(), now);
                row
            }
            Err(error) => {
                tracing::warn!(%error, "a breaker was not read");
                known.row.clone()
            }
        }
    }

    /// Until when it is open, as far as this process knows.
    pub(super) async fn open_until(&self, app: &App, name: &Name) -> Option<i64> {
        let now = app.clock.epoch();
        let known = self.known().get(name).cloned().unwrap_or_default();
        self.row(app, name, &known, now).await.map(|row| row.until)
    }

    /// A refresh succeeded: whatever opened the breaker is over.
    pub(super) async fn succeeded(&self, app: &App, name: &Name) {
        let now = app.clock.epoch();
        {
            let mut known = self.known();
            let known = known.entry(name.clone()).or_default();
            *known.successes(now) += 1;
            known.patience_until = 0;
        }
        self.close(app, name, now).await;
    }

    /// Closes it, where this process knows it open.
    async fn close(&self, app: &App, name: &Name, now: i64) {
        let open = self.known().get_mut(name).and_then(|known| known.row.take());
        if open.is_some()
            && let Err(error) = app.store.close_breaker(&name.family, &name.client, now).await
        {
            tracing::warn!(%error, "a breaker was not closed");
        }
    }

    /// The provider knows our client no more. Says until when nobody tries.
    pub(super) async fn operator_mistake(&self, app: &App, name: &Name, said: &str) -> i64 {
        tracing::error!(provider = name.family, said, "operator's mistake: the provider refuses our OAuth client");
        observe::count(app, "BreakerOpened", 1);
        self.open(app, name, Reason::Operator).await
    }

    /// The provider asks for patience: this one waits as long as it was told, the others of this process no longer than
    /// [`PATIENCE`]. What is asked of one may be meant for that one alone.
    pub(super) fn slow_down(&self, app: &App, name: &Name, wait: Duration) -> i64 {
        let now = app.clock.epoch();
        let wait = i64::try_from(wait.as_secs()).unwrap_or(i64::from(u16::MAX)).max(1);
        let mut known = self.known();
        let known = known.entry(name.clone()).or_default();
        known.patience_until = known.patience_until.max(now + wait.min(PATIENCE));
        now + wait
    }

    /// Whether a dead grant of this tenant's is to be believed: not where it is one of a burst.
    pub(super) async fn believes(&self, app: &App, name: &Name, tenant: &Tenant) -> bool {
        let now = app.clock.epoch();
        let (known, successes) = {
            let mut all = self.known();
            let known = all.entry(name.clone()).or_default();
            let successes = std::mem::take(known.successes(now));
            (known.clone(), successes)
        };
        let row = self.row(app, name, &known, now).await;
        if row.as_ref().is_some_and(|row| row.reason == Reason::Operator) {
            // Who judges grants knows our client again. One trial a minute would never make a crowd.
            self.close(app, name, now).await;
        }
        if let Some(row) = row.filter(|row| row.reason == Reason::Burst) {
            let believed = believed(&row, now);
            if !believed {
                self.open(app, name, Reason::Burst).await;
            }
            return believed;
        }
        match app.store.tally(&name.family, &name.client, tenant, successes, now).await {
            Ok(tally) if burst(tally) => {
                let (provider, dead) = (name.family.as_str(), tally.dead);
                tracing::error!(provider, dead, "operator's mistake or provider's: a burst of dead grants, held back");
                observe::count(app, "BreakerOpened", 1);
                self.open(app, name, Reason::Burst).await;
                false
            }
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, "a dead grant was not counted");
                true
            }
        }
    }

    async fn open(&self, app: &App, name: &Name, reason: Reason) -> i64 {
        let now = app.clock.epoch();
        match app.store.open_breaker(&name.family, &name.client, reason, now).await {
            Ok(row) => {
                let until = row.until;
                self.remember(name, Some(row), now);
                until
            }
            Err(error) => {
                tracing::warn!(%error, "a breaker was not opened for other instances");
                let row = Breaker { reason, since: now, until: now + 60, times: 1, on_trial: false };
                self.remember(name, Some(row), now);
                now + 60
            }
        }
    }
}

/// Whether it is a burst that has lasted long enough.
fn believed(row: &Breaker, now: i64) -> bool {
    row.reason == Reason::Burst && row.since + BELIEVED <= now
}

fn burst(tally: Tally) -> bool {
    tally.dead >= BURST && tally.dead >= tally.fresh && tally.owners >= BURST_OWNERS
}
