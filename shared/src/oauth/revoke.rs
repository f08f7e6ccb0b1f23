//! Giving tokens back to their provider after their owner has disconnected.
//!
//! The connection is gone already; this only tells the provider, and harms nobody else who stands on the same account.

use super::{
    refresh::{Error, call::client},
    token,
};
use crate::{
    app::App,
    egress::Bounds,
    providers::{Meaning, Provider, Values, errors},
    store::{integrations::attribute as at, timers::Revocation},
    vault::Sealed,
};

/// What became of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivenBack {
    /// The provider has ended them, or had already.
    Revoked,
    /// The provider knows no way to.
    NoWay,
    /// Ending them would end another live connection to the same account.
    Shared,
    /// The provider will never take them back.
    Refused,
    /// Not now.
    Later,
}

/// Gives them back, once. What fails for now is an error or [`GivenBack::Later`], to be tried again.
pub async fn give_back(app: &App, left: &Revocation) -> Result<GivenBack, Error> {
    let provider = app.provider(&left.provider)?;
    let Some(revoke) = provider.oauth2().and_then(|oauth2| oauth2.revoke.as_ref()) else { return Ok(GivenBack::NoWay) };
    if shared(app, &provider, left).await? {
        return Ok(GivenBack::Shared);
    }
    let tenant = left.tenant()?;
    let open = async |field: &'static str, sealed: Option<&Sealed>| match sealed {
        Some(sealed) => app.vault.open(&left.place(&tenant, field), sealed).await.map(Some),
        None => Ok(None),
    };
    let secret = open(at::CLIENT_SECRET, left.client_secret.as_ref()).await?;
    let refresh = open(at::REFRESH_TOKEN, left.refresh_token.as_ref()).await?;
    let access = app.vault.open(&left.place(&tenant, at::ACCESS_TOKEN), &left.access_token).await?;
    let client = client(app, &provider, left.client_id.as_deref(), secret).await?;
    let fields = Values::new().facts(&left.fields);
    let call = match token::revoke_request(&provider, &client, &access, refresh.as_ref(), &fields) {
        Some(Ok(call)) => call,
        Some(Err(_)) => return Ok(GivenBack::Refused),
        None => return Ok(GivenBack::NoWay),
    };
    let answered = app.egress.provider(provider.hosts(), call.request, Bounds::TOKEN).await;
    let Ok(response) = answered else { return Ok(GivenBack::Later) };
    Ok(match errors::revocation(&provider, revoke, &response, &call.sent).meaning {
        // Tokens that it does not know any more are as good as revoked.
        Meaning::Fine | Meaning::Refresh | Meaning::Reauthorize => GivenBack::Revoked,
        Meaning::Refused => GivenBack::Refused,
        Meaning::Operator | Meaning::SlowDown(_) | Meaning::Transient => GivenBack::Later,
    })
}

/// Whether the provider would end more than these tokens, and somebody still needs it.
async fn shared(app: &App, provider: &Provider, left: &Revocation) -> Result<bool, Error> {
    let (true, Some(client), Some(account)) = (provider.revokes_account(), &left.client_id, &left.account) else {
        return Ok(false);
    };
    let integrations = app.store.integrations();
    Ok(integrations.account_is_shared(provider.family(), account, client, &left.integration).await?)
}
