//! Giving tokens back to their provider after their owner has disconnected: those of a consent, and those that a typed
//! credential had made.
//!
//! The connection is gone already; this only tells the provider, and harms nobody else who stands on the same account.

use super::{
    Client,
    refresh::{Error, call::client},
    token,
};
use crate::{
    app::App,
    egress::Bounds,
    providers::{
        Meaning, Provider, Values, errors,
        probe::{self, Failure},
        schema::{CallAuth, Revoke},
    },
    secret::Secret,
    store::{integrations::attribute as at, timers::Revocation},
    vault::Sealed,
};

/// When tokens of another host are looked at again, seconds: the file may be mended.
const OTHER_HOST: i64 = 5 * 60;
/// After the operator's mistake it is tried again after so long, seconds.
const OPERATOR: i64 = 5 * 60;

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
    /// A new access token was got to end the grant by, and is kept: to be tried again with it.
    Renewed,
    /// The provider gave no answer at all: to be tried again.
    Unanswered,
    /// Not now: to be tried again.
    Later,
}

/// The tokens in clear, and whose client they were given to.
struct Opened {
    client: Client,
    access: Secret<String>,
    refresh: Option<Secret<String>>,
    fields: Values,
}

/// Gives them back, once, in two calls at most. What is to be tried again is tried with what stands in `left` then: new
/// tokens, where the old ones had to be renewed for it. An error is an obstacle of our own.
pub async fn give_back(app: &App, left: &mut Revocation) -> Result<GivenBack, Error> {
    let just_renewed = std::mem::take(&mut left.renewed);
    let provider = app.provider(&left.provider)?;
    if left.typed {
        let tenant = left.tenant()?;
        let made = app.vault.open(&left.place(&tenant, at::ACCESS_TOKEN), &left.access_token).await?;
        return Ok(take_back(app, &provider, Values::new().facts(&left.fields), &made).await);
    }
    let Some(revoke) = provider.oauth2().and_then(|oauth2| oauth2.revoke.as_ref()) else { return Ok(GivenBack::NoWay) };
    if shared(app, &provider, left).await? {
        return Ok(GivenBack::Shared);
    }
    let tokens = open(app, &provider, left).await?;
    let meaning = match told(app, &provider, revoke, &tokens).await {
        Ok(meaning) => meaning,
        Err(done) => return Ok(done),
    };
    // Only the access token has ended, and it was what proved the call: the refresh token behind it lives on.
    if meaning == Meaning::Refresh && revoke.request.auth == CallAuth::Credential && tokens.refresh.is_some() {
        // A token that is new and refused all the same proves nothing of the grant.
        return if just_renewed { Ok(GivenBack::Later) } else { renewed(app, &provider, left, &tokens).await };
    }
    if meaning == Meaning::Operator {
        return Err(Error::unavailable(OPERATOR, "the provider refuses our OAuth client"));
    }
    Ok(given(meaning))
}

/// Gives back what was made for a typed credential that is not kept after all.
pub(crate) async fn leave(app: &App, provider: &Provider, entered: Values, made: &Secret<String>) {
    match take_back(app, provider, entered, made).await {
        GivenBack::Revoked | GivenBack::NoWay => {}
        // It dies by itself some day, and nobody has it.
        left => tracing::info!(provider = provider.slug(), result = ?left, "a token was not given back"),
    }
}

/// Gives back what was made for a typed credential. Nothing else depends on it.
async fn take_back(app: &App, provider: &Provider, fields: Values, made: &Secret<String>) -> GivenBack {
    let Some(revoke) = provider.takes_back() else { return GivenBack::NoWay };
    let values = fields.secret("token", made.clone());
    let Ok(call) = provider.revocation(revoke, &values) else { return GivenBack::Refused };
    let sent = call.sent.clone();
    match probe::send(app, provider, call, &values, Bounds::TOKEN).await {
        Ok(response) => given(errors::revocation(provider, revoke, &response, &sent).meaning),
        Err(Failure::Unreachable(error)) if !error.refused() => GivenBack::Unanswered,
        Err(_) => GivenBack::Refused,
    }
}

fn given(meaning: Meaning) -> GivenBack {
    match meaning {
        // Tokens that it does not know any more are as good as revoked.
        Meaning::Fine | Meaning::Refresh | Meaning::Reauthorize => GivenBack::Revoked,
        Meaning::Refused => GivenBack::Refused,
        Meaning::Operator | Meaning::SlowDown(_) | Meaning::Transient => GivenBack::Later,
    }
}

async fn open(app: &App, provider: &Provider, left: &Revocation) -> Result<Opened, Error> {
    let fields = Values::new().facts(&left.fields);
    let host = token::token_host(provider, &fields).ok();
    if left.token_host.is_some() && left.token_host != host {
        return Err(Error::unavailable(
            OTHER_HOST,
            "the token endpoint is on another host than when this was connected",
        ));
    }
    let tenant = left.tenant()?;
    let open = async |field: &'static str, sealed: Option<&Sealed>| match sealed {
        Some(sealed) => app.vault.open(&left.place(&tenant, field), sealed).await.map(Some),
        None => Ok(None),
    };
    let secret = open(at::CLIENT_SECRET, left.client_secret.as_ref()).await?;
    let refresh = open(at::REFRESH_TOKEN, left.refresh_token.as_ref()).await?;
    let access = app.vault.open(&left.place(&tenant, at::ACCESS_TOKEN), &left.access_token).await?;
    let client = client(app, provider, left.client_id.as_deref(), secret).await?;
    Ok(Opened { client, access, refresh, fields })
}

/// Tells the provider. What it answered, or what is to be done where it cannot be told.
async fn told(app: &App, provider: &Provider, revoke: &Revoke, tokens: &Opened) -> Result<Meaning, GivenBack> {
    let Opened { client, access, refresh, fields } = tokens;
    let call = match token::revoke_request(provider, client, access, refresh.as_ref(), fields) {
        Some(Ok(call)) => call,
        Some(Err(_)) => return Err(GivenBack::Refused),
        None => return Err(GivenBack::NoWay),
    };
    let (sent, signing) = (call.sent.clone(), client.signing(provider, Values::new()));
    let answered = probe::send(app, provider, call, &signing, Bounds::TOKEN).await;
    let response = answered.map_err(|failure| match failure {
        Failure::Unreachable(error) if !error.refused() => GivenBack::Unanswered,
        _ => GivenBack::Later,
    })?;
    Ok(errors::revocation(provider, revoke, &response, &sent).meaning)
}

/// Gets a new access token for the call that ends the grant. There is no row to commit it to any more: the timer keeps it,
/// before it is used, so that a grant that rotates is not lost on the way.
async fn renewed(app: &App, provider: &Provider, left: &mut Revocation, tokens: &Opened) -> Result<GivenBack, Error> {
    let Some(refresh) = &tokens.refresh else { return Ok(GivenBack::Revoked) };
    let tenant = left.tenant()?;
    let Ok(call) = token::refresh_request(provider, &tokens.client, refresh, &tokens.fields) else {
        return Ok(GivenBack::Refused);
    };
    // What cannot be sealed after the provider has answered is lost.
    let ready = app.vault.ready(&left.place(&tenant, at::ACCESS_TOKEN)).await?;
    let answered = app.egress.provider(provider.hosts(), call.request, Bounds::TOKEN).await;
    let response = match answered {
        Ok(response) => response,
        Err(error) if error.refused() => return Ok(GivenBack::Later),
        Err(_) => return Ok(GivenBack::Unanswered),
    };
    let grant = match token::parse_answer(provider, &response, &call.sent) {
        Ok(grant) => grant,
        Err(error) if error.meaning() == Meaning::Reauthorize => return Ok(GivenBack::Revoked),
        Err(_) => return Ok(GivenBack::Later),
    };
    let seal = |field, clear: &Secret<String>| ready.seal(&left.place(&tenant, field), clear.expose().as_bytes());
    let access_token = seal(at::ACCESS_TOKEN, &grant.access_token)?;
    let refresh_token = grant.refresh_token.as_ref().map(|refresh| seal(at::REFRESH_TOKEN, refresh)).transpose()?;
    left.access_token = access_token;
    left.refresh_token = refresh_token.or_else(|| left.refresh_token.take());
    left.renewed = true;
    app.store.set_timer(left).await?;
    Ok(GivenBack::Renewed)
}

/// Whether the provider would end more than these tokens, and somebody still needs it.
async fn shared(app: &App, provider: &Provider, left: &Revocation) -> Result<bool, Error> {
    let (true, Some(client), Some(account)) = (provider.revokes_account(), &left.client_id, &left.account) else {
        return Ok(false);
    };
    let integrations = app.store.integrations();
    Ok(integrations.account_is_shared(provider.family(), account, client, &left.integration).await?)
}
