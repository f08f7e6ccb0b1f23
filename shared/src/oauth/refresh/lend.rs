//! Lending a token out, and what comes before it.

use std::sync::Arc;

use jiff::Timestamp;

use super::{
    Error,
    decide::{Next, Want, on_read},
    due::{Facts, due_at},
    run,
};
use crate::{
    app::App,
    auth::Tenant,
    secret::Secret,
    store::{
        expression::Change,
        integrations::{self, Integration, Integrations, Slot, Status, attribute as at},
    },
};

/// A refreshed token of this age, in seconds, is not replaced because somebody says that it was refused: the provider has
/// just given it, and asking again would go in circles.
const TOO_NEW: i64 = 10;

/// A token to use now.
#[derive(Clone)]
pub struct Fresh {
    /// What requests carry.
    pub access_token: Secret<String>,
    /// When it ends, where that is known.
    pub expires_at: Option<Timestamp>,
    /// The integration it is from.
    pub integration: Integration,
}

/// A fresh token of the connection in this slot.
pub async fn fresh_at(app: &App, tenant: &Tenant, slot: &Slot) -> Result<Fresh, Error> {
    let found = app.store.integrations().get(tenant, slot).await?.ok_or(Error::NotConnected)?;
    fresh(app, found).await
}

/// A fresh token of an integration that has just been read.
pub async fn fresh(app: &App, integration: Integration) -> Result<Fresh, Error> {
    let found = obtain(app, integration, Want::Fresh).await?;
    lend(app, found).await
}

/// Another token than the one that the provider has just refused.
pub async fn refused(app: &App, integration: Integration) -> Result<Fresh, Error> {
    let refreshed = integration.refreshed_at.filter(|given| Some(*given) != integration.connected_at);
    let wait = refreshed.map_or(0, |given| given.as_second() + TOO_NEW - app.clock.epoch());
    if wait > 0 {
        return Err(Error::unavailable(wait, "the provider refuses a token that it has just given"));
    }
    let want = Want::Replaced(integration.view().grant);
    let found = obtain(app, integration, want).await?;
    lend(app, found).await
}

/// The schedule's refresh: a later grant than this one, before anybody has to wait for it. Nothing is lent.
pub async fn renew(app: &App, integration: Integration) -> Result<Integration, Error> {
    let want = Want::Renewed(integration.view().grant);
    obtain(app, integration, want).await
}

/// The integration with a token that will do, refreshed if need be.
async fn obtain(app: &App, integration: Integration, want: Want) -> Result<Integration, Error> {
    let now = app.clock.epoch();
    if let Some(settled) = settle(app, &integration, on_read(integration.view(), want, now), now).await {
        return settled.map(|()| integration);
    }
    let key = integration.key();
    let flying = app.clone();
    let flight = app.flights.join(key, want, move || async move { run::refresh(flying, integration, want).await });
    flight.await.map(Arc::unwrap_or_clone)
}

/// What needs no refresh: a token to use, or none to be had. `None` where there is something to do or to wait for.
pub(super) async fn settle(app: &App, found: &Integration, next: Next, now: i64) -> Option<Result<(), Error>> {
    let reconnect = || Error::ReauthRequired { provider: found.provider.clone() };
    Some(match next {
        Next::Use | Next::UseUncertain => Ok(()),
        Next::Lease | Next::Wait => return None,
        Next::NotBefore(at) => Err(Error::unavailable(at - now, "the last refresh failed a moment ago")),
        Next::Reconnect => Err(reconnect()),
        Next::NotConnected => Err(Error::NotConnected),
        Next::Ended if found.status == Status::Expired => Err(reconnect()),
        Next::Ended => match app.store.integrations().expire(found, now).await {
            Ok(()) => Err(reconnect()),
            Err(error) => Err(error.into()),
        },
    })
}

/// Opens the token, and notes once an hour that it is in use.
async fn lend(app: &App, integration: Integration) -> Result<Fresh, Error> {
    let sealed = integration.access_token.as_ref().ok_or(Error::NotConnected)?;
    let access_token = app.vault.open(&integration.place(at::ACCESS_TOKEN), sealed).await?;
    let now = app.clock.epoch();
    if Integrations::use_is_worth_noting(&integration, now) {
        let due = due_of(app, &integration, Some(now), now);
        // A loan that could not be noted is a loan all the same.
        if let Err(error) = app.store.integrations().touch_used(&integration, due, now).await {
            tracing::warn!(%error, "the use of an integration was not noted");
        }
    }
    Ok(Fresh { access_token, expires_at: integration.expires_at, integration })
}

/// When the schedule is to look at an integration next; `None` where there is nothing to look for.
pub fn due_time(app: &App, integration: &Integration) -> Option<i64> {
    due_at(&facts_of(app, integration), app.clock.epoch())
}

/// When a stored integration is due; `used` counts as a loan that is being noted with it.
fn due_of(app: &App, integration: &Integration, used: Option<i64>, now: i64) -> Change {
    let facts = facts_of(app, integration);
    let facts = Facts { last_used_at: used.or(facts.last_used_at), ..facts };
    integrations::due(&integration.id, due_at(&facts, now))
}

/// What a stored integration's due time depends on.
pub(super) fn facts_of(app: &App, integration: &Integration) -> Facts {
    let provider = app.catalogue.get(&integration.provider).and_then(Result::ok);
    let keep_alive = provider.and_then(|provider| provider.oauth2()?.refresh.as_ref()?.keep_alive_days);
    Facts::of(integration, keep_alive, app.config.outward.refresh_all)
}
