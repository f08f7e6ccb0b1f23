//! Keeps tokens fresh: refreshed once, whoever asks and however many, and never over what the owner did meanwhile.
//!
//! ```text
//! fresh?  → use it, no write
//! lease   → intent → call the provider → commit
//! ```
//!
//! `decide` says what to do with a row, `run` does it, `call` talks to the provider, `flight` keeps it to one at a time in
//! this process, and `due` says when an integration comes up by itself. The writes are in `store::integrations::protocol`.

pub(crate) mod breaker;
pub(crate) mod call;
pub mod decide;
pub mod due;
mod error;
mod flight;
mod run;
mod schedule;

use jiff::Timestamp;

use self::decide::{Next, Want};
pub use self::{
    due::jittered,
    error::Error,
    flight::Flights,
    schedule::{LookedAfter, look_after},
};
use crate::{
    app::App,
    auth::Tenant,
    secret::Secret,
    store::integrations::{Integration, Kind, attribute as at},
};

/// A token that works now, as far as anybody knows.
pub struct Fresh {
    /// The access token.
    pub access_token: Secret<String>,
    /// When it ends, where that is known.
    pub expires_at: Option<Timestamp>,
    /// The integration it belongs to.
    pub integration: Integration,
}

/// A fresh token of the integration in this slot. One read where the stored one is fresh.
pub async fn fresh(app: &App, tenant: &Tenant, provider: &str, label: &str) -> Result<Fresh, Error> {
    let found = app.store.integrations().glance(tenant, provider, label).await?.ok_or(Error::NotConnected)?;
    lend(app, tenant, obtain(app, found, Want::Fresh).await?).await
}

/// Another token in place of the one that the provider just refused with this grant.
pub async fn refused(app: &App, tenant: &Tenant, refused: &Integration) -> Result<Fresh, Error> {
    let want = Want::Replaced(refused.view.grant);
    lend(app, tenant, obtain(app, refused.clone(), want).await?).await
}

/// Renews a token before it gets stale.
async fn renew(app: &App, found: Integration) -> Result<Integration, Error> {
    let want = Want::Renewed(found.view.grant);
    obtain(app, found, want).await
}

/// The integration with a token that will do.
async fn obtain(app: &App, found: Integration, want: Want) -> Result<Integration, Error> {
    if found.kind != Kind::Oauth {
        return Err(Error::NoToken);
    }
    match decide::on_read(&found.view, want, app.clock.epoch()) {
        Next::Use | Next::UseUncertain => Ok(found),
        Next::NotConnected => Err(Error::NotConnected),
        Next::Reconnect | Next::Ended => Err(Error::ReauthRequired { provider: found.provider }),
        Next::NotBefore(at) => {
            let reason = found.last_error.unwrap_or_else(|| "the last refresh failed".to_owned());
            Err(Error::unavailable(at - app.clock.epoch(), reason))
        }
        Next::Lease | Next::Wait => {
            let app = app.clone();
            let flights = app.flights.clone();
            flights.join(&(found.key(), want), move || async move { run::run(&app, found, want).await }).await
        }
    }
}

/// Opens the token, and notes the loan once an hour.
async fn lend(app: &App, tenant: &Tenant, integration: Integration) -> Result<Fresh, Error> {
    let sealed = integration.access_token.as_ref().ok_or(Error::NoToken)?;
    let access_token = app.vault.open(&integration.place(tenant, at::ACCESS_TOKEN), sealed).await?;
    let now = app.clock.epoch();
    if due::worth_noting(integration.last_used_at.map(Timestamp::as_second), now) {
        note(app, &integration, now).await;
    }
    Ok(Fresh { access_token, expires_at: integration.expires_at, integration })
}

/// A loan that could not be noted is a loan all the same.
async fn note(app: &App, integration: &Integration, now: i64) {
    let Ok(provider) = app.provider(&integration.provider) else { return };
    let grounds = due::Grounds { provider: &provider, all: app.config.outward.refresh_all, last_used: Some(now) };
    let entry = due::entry(integration.id.as_str(), due::due_at(&integration.view, &grounds, now));
    if let Err(error) = app.store.integrations().touch_used(integration, entry).await {
        tracing::warn!(integration = %integration.id, %error, "a loan could not be noted");
    }
}
