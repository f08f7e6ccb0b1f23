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
use super::Client;
use crate::{
    app::App,
    auth::Tenant,
    http,
    providers::Values,
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

impl Fresh {
    /// What fills the placeholders of the provider's requests, and signs them.
    pub async fn values(&self, app: &App) -> http::Result<Values> {
        let integration = &self.integration;
        let provider = app.provider(&integration.provider)?;
        let values = Values::new().facts(&integration.fields).access_token(self.access_token.clone());
        if !provider.signs_by_client() {
            return Ok(values);
        }
        let client = match &integration.client_secret {
            Some(own) => {
                let secret = app.vault.open(&integration.place(&integration.tenant()?, at::CLIENT_SECRET), own).await?;
                Some(Client { id: integration.client_id.clone().unwrap_or_default(), secret: Some(secret) })
            }
            None => app.clients.get(&provider).await?,
        };
        // Another client's secret would sign what nobody takes.
        let own = client.filter(|client| integration.client_id.as_ref().is_none_or(|id| *id == client.id));
        Ok(own.map_or(values.clone(), |client| client.signing(&provider, values)))
    }
}

/// A fresh token of the integration in this slot. One read where the stored one is fresh.
pub async fn fresh(app: &App, tenant: &Tenant, provider: &str, label: &str) -> Result<Fresh, Error> {
    let rows = app.store.integrations();
    let glanced = rows.glance(tenant, provider, label).await?;
    let found = match glanced {
        Some(found) if !says_no(&found, app.clock.epoch()) => found,
        // Such a read may lag behind whoever has just connected: nobody is sent away on its word.
        _ => rows.get(tenant, provider, label).await?.ok_or(Error::NotConnected)?,
    };
    lend(app, tenant, obtain(app, found, Want::Fresh).await?).await
}

/// Whether who asks for a fresh token is to be sent away.
fn says_no(found: &Integration, now: i64) -> bool {
    if found.kind == Kind::ApiKey {
        return true;
    }
    match decide::on_read(&found.view, Want::Fresh, now) {
        Next::Use | Next::UseUncertain | Next::Lease | Next::Wait => false,
        Next::NotBefore(_) | Next::Ended | Next::Reconnect | Next::NotConnected => true,
    }
}

/// Another token in place of the one that the provider just refused with this grant.
pub async fn refused(app: &App, tenant: &Tenant, refused: &Integration) -> Result<Fresh, Error> {
    let want = Want::Replaced(refused.view.grant);
    lend(app, tenant, obtain(app, refused.clone(), want).await?).await
}

/// Renews a token at once, because an operator says so.
pub async fn now(app: &App, integration: Integration) -> Result<Integration, Error> {
    renew(app, integration).await
}

/// Renews a token before it gets stale.
async fn renew(app: &App, found: Integration) -> Result<Integration, Error> {
    let want = Want::Renewed(found.view.grant);
    obtain(app, found, want).await
}

/// The integration with a token that will do.
async fn obtain(app: &App, found: Integration, want: Want) -> Result<Integration, Error> {
    if found.kind == Kind::ApiKey {
        return Err(Error::NoToken);
    }
    match decide::on_read(&found.view, want, app.clock.epoch()) {
        Next::Use | Next::UseUncertain => Ok(found),
        Next::NotConnected => Err(Error::NotConnected),
        Next::Reconnect => Err(Error::reauth(&found)),
        Next::NotBefore(at) => {
            let reason = found.last_error.unwrap_or_else(|| "the last refresh failed".to_owned());
            Err(Error::unavailable(at - app.clock.epoch(), reason))
        }
        // The end is written down, so that nobody is lent this token again.
        Next::Lease | Next::Wait | Next::Ended => {
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
    let (kind, all) = (integration.kind, app.config.outward.refresh_all);
    let grounds = due::Grounds { provider: &provider, kind, all, last_used: Some(now) };
    let entry = due::entry(integration.id.as_str(), due::due_at(&integration.view, &grounds, now));
    if let Err(error) = app.store.integrations().touch_used(integration, entry).await {
        tracing::warn!(integration = %integration.id, %error, "a loan could not be noted");
    }
}
