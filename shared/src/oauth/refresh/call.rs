//! The call to the provider, and what its answer means for the grant.

use crate::{
    app::App,
    egress::Bounds,
    http::Error as HttpError,
    oauth::{
        Client,
        token::{self, Grant, TokenError},
    },
    observe,
    providers::{Meaning, Provider, Values},
    secret::Secret,
    store::{
        expression::Change,
        integrations::{
            Integration, attribute as at,
            protocol::{Failure, Held, View},
        },
    },
    vault::{Place, Ready},
};

use super::{Error, decide::Outcome, due};

/// How a call ended, with what a commit would need besides.
pub(super) struct Called {
    pub(super) outcome: Outcome,
    expires_at: Option<i64>,
    refreshable: bool,
    tokens: Option<Tokens>,
}

/// Tokens in the clear, in case they must be given back.
#[derive(Clone)]
pub(super) struct Tokens {
    access: Secret<String>,
    refresh: Option<Secret<String>>,
}

impl Called {
    /// How the row looks once this is settled, as far as the schedule asks.
    pub(super) fn view(&self, before: &View, now: i64) -> View {
        match &self.outcome {
            Outcome::Given(_) => View {
                expires_at: self.expires_at,
                refreshable: self.refreshable,
                refreshed_at: Some(now),
                retry_at: None,
                ..before.clone()
            },
            Outcome::Dead(_) => View { expires_at: None, refreshable: false, ..before.clone() },
            Outcome::Failed(failure) => View { retry_at: Some(failure.retry_at), ..before.clone() },
        }
    }

    /// The tokens that were given, if any were.
    pub(super) fn given(&self) -> Option<Tokens> {
        self.tokens.clone()
    }

    fn failed(outcome: Outcome) -> Self {
        Self { outcome, expires_at: None, refreshable: true, tokens: None }
    }
}

/// The vault's key in hand: asked for before the provider is, since what cannot be sealed afterwards is lost.
pub(super) async fn ready(app: &App, row: &Integration) -> Result<Ready, Error> {
    let tenant = row.tenant()?;
    Ok(app.vault.ready(&row.place(&tenant, at::ACCESS_TOKEN)).await?)
}

/// Sends the stored refresh token to its provider, once, and reads the answer. Whatever goes wrong from here on has to be
/// settled, so errors become outcomes.
pub(super) async fn call(
    app: &App,
    provider: &Provider,
    row: &Integration,
    held: &Held,
    ready: &Ready,
) -> Result<Called, Error> {
    let answered = ask(app, provider, row).await;
    let now = app.clock.epoch();
    let called = match answered {
        Ok((grant, refresh)) => given(app, provider, row, held, ready, grant, refresh).await?,
        Err(Trouble::Token(error)) => judged(app, provider, row, &error, now),
        Err(Trouble::Unsent(reason)) => Called::failed(Outcome::Failed(failure(row, now, reason, false, 1))),
        Err(Trouble::Unanswered(reason)) => Called::failed(Outcome::Failed(failure(row, now, reason, true, 1))),
        Err(Trouble::Operator(reason)) => operators_mistake(app, provider, row, reason, now),
    };
    let result = match &called.outcome {
        Outcome::Given(_) => "given",
        Outcome::Dead(_) => "dead",
        Outcome::Failed(_) => "failed",
    };
    tracing::info!(integration = %row.id, provider = provider.slug(), result, "refreshed");
    observe::count(app, if result == "given" { "Refreshes" } else { "RefreshFailures" }, 1);
    Ok(called)
}

/// Why there are no new tokens.
enum Trouble {
    /// The provider answered.
    Token(TokenError),
    /// It was certainly not asked.
    Unsent(String),
    /// It may have been asked, and its answer is not known.
    Unanswered(String),
    /// The request could not be made from the operator's settings.
    Operator(String),
}

impl From<HttpError> for Trouble {
    fn from(error: HttpError) -> Self {
        Self::Unsent(error.message().to_owned())
    }
}

async fn ask(app: &App, provider: &Provider, row: &Integration) -> Result<(Grant, Secret<String>), Trouble> {
    let fields = Values::new().facts(&row.fields);
    let client = client(app, provider, row).await?;
    let host = token::token_host(provider, &fields).map_err(|error| Trouble::Operator(error.to_string()))?;
    if row.token_host.as_ref().is_some_and(|granted| *granted != host) {
        // A refresh token goes where its grant came from and nowhere else, whatever a provider file says today.
        return Err(Trouble::Operator(format!("the token endpoint moved to {host}")));
    }
    let refresh = opened(app, row, at::REFRESH_TOKEN).await?;
    let call = token::refresh_request(provider, &client, &refresh, &fields);
    let call = call.map_err(|error| Trouble::Operator(error.to_string()))?;
    let answer = app.egress.provider(provider.hosts(), call.request, Bounds::TOKEN).await.map_err(|error| {
        let reason = format!("{} did not answer: {error}", provider.name());
        if error.reached() { Trouble::Unanswered(reason) } else { Trouble::Unsent(reason) }
    })?;
    token::parse_answer(provider, &answer, &call.sent).map(|grant| (grant, refresh)).map_err(Trouble::Token)
}

async fn client(app: &App, provider: &Provider, row: &Integration) -> Result<Client, Trouble> {
    if row.client_secret.is_some() {
        let secret = opened(app, row, at::CLIENT_SECRET).await?;
        return Ok(Client { id: row.client_id.clone().unwrap_or_default(), secret: Some(secret) });
    }
    let client = app.clients.get(provider).await.map_err(HttpError::from)?;
    match client {
        Some(client) if row.client_id.as_ref().is_none_or(|granted| *granted == client.id) => Ok(client),
        Some(_) => Err(Trouble::Operator("the grant belongs to another OAuth client".to_owned())),
        None => Err(Trouble::Operator(format!("{} has no OAuth client here", provider.name()))),
    }
}

async fn opened(app: &App, row: &Integration, field: &'static str) -> Result<Secret<String>, Trouble> {
    let sealed = match field {
        at::REFRESH_TOKEN => row.refresh_token.as_ref(),
        _ => row.client_secret.as_ref(),
    };
    let tenant = row.tenant().map_err(HttpError::from)?;
    let sealed = sealed.ok_or_else(|| Trouble::Unsent("there is no refresh token".to_owned()))?;
    Ok(app.vault.open(&row.place(&tenant, field), sealed).await.map_err(HttpError::from)?)
}

/// Seals what was given, for the grant that the commit will make.
async fn given(
    app: &App,
    provider: &Provider,
    row: &Integration,
    held: &Held,
    ready: &Ready,
    grant: Grant,
    used: Secret<String>,
) -> Result<Called, Error> {
    app.breakers.worked(provider.slug());
    let now = app.clock.epoch();
    let tenant = row.tenant()?;
    let next = u64::try_from(held.grant + 1).unwrap_or_default();
    let seal = |field, clear: &Secret<String>| {
        ready.seal(&Place { grant: next, ..row.place(&tenant, field) }, clear.expose().as_bytes())
    };
    // An answer without a refresh token means: keep the one you have. It is sealed anew, for the new grant.
    let refresh = grant.refresh_token.clone().unwrap_or(used);
    let expires_at = grant.expires_in.map(|seconds| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)));
    let mut tokens = Change::new()
        .set(at::ACCESS_TOKEN, &seal(at::ACCESS_TOKEN, &grant.access_token)?)
        .set(at::REFRESH_TOKEN, &seal(at::REFRESH_TOKEN, &refresh)?)
        .put(at::EXPIRES_AT, expires_at);
    if row.client_secret.is_some() {
        let secret = opened(app, row, at::CLIENT_SECRET).await.map_err(|_| Error::unavailable(1, "the vault"))?;
        tokens = tokens.set(at::CLIENT_SECRET, &seal(at::CLIENT_SECRET, &secret)?);
    }
    if let Some(scopes) = &grant.scopes {
        tokens = tokens.set(at::SCOPES, scopes.as_slice());
    }
    let clear = Tokens { access: grant.access_token.clone(), refresh: grant.refresh_token.clone() };
    Ok(Called { outcome: Outcome::Given(tokens), expires_at, refreshable: true, tokens: Some(clear) })
}

fn judged(app: &App, provider: &Provider, row: &Integration, error: &TokenError, now: i64) -> Called {
    let reason = error.to_string();
    let transient = |unknown| Called::failed(Outcome::Failed(failure(row, now, reason.clone(), unknown, 1)));
    match error.meaning() {
        Meaning::Reauthorize | Meaning::Refresh => {
            if app.breakers.dead_grant(provider.slug(), now) {
                observe::count(app, "BreakerOpened", 1);
                tracing::error!(provider = provider.slug(), "a burst of dead grants is held back");
                return Called::failed(Outcome::Failed(failure(row, now, reason, false, 0)));
            }
            Called::failed(Outcome::Dead(reason))
        }
        Meaning::Operator => operators_mistake(app, provider, row, reason, now),
        Meaning::SlowDown(wait) => {
            let count = row.error_count + 1;
            let retry_at = due::retry_at(now, count, wait);
            Called::failed(Outcome::Failed(Failure { retry_at, error: reason, count, unknown: false }))
        }
        Meaning::Fine | Meaning::Refused | Meaning::Transient => transient(error.is_uncertain()),
    }
}

/// The operator's client is wrong: the provider is left alone, an alarm goes off, and nobody is disconnected.
fn operators_mistake(app: &App, provider: &Provider, row: &Integration, reason: String, now: i64) -> Called {
    app.breakers.operators_mistake(provider.slug(), now);
    observe::count(app, "BreakerOpened", 1);
    tracing::error!(provider = provider.slug(), reason, "the provider refuses this installation's OAuth client");
    Called::failed(Outcome::Failed(failure(row, now, reason, false, 0)))
}

/// `counts` says how much of a failure of this integration's own it is.
fn failure(row: &Integration, now: i64, error: String, unknown: bool, counts: i64) -> Failure {
    let count = row.error_count + counts;
    Failure { retry_at: due::retry_at(now, count.max(1), None), error, count, unknown }
}

/// Gives tokens back that could not be stored, since their owner has disconnected.
pub(super) async fn give_back(app: &App, provider: &Provider, row: &Integration, tokens: Tokens) {
    let fields = Values::new().facts(&row.fields);
    let Ok(client) = client(app, provider, row).await else { return };
    let call = token::revoke_request(provider, &client, &tokens.access, tokens.refresh.as_ref(), &fields);
    if let Some(Ok(call)) = call
        && let Err(error) = app.egress.provider(provider.hosts(), call.request, Bounds::TOKEN).await
    {
        tracing::warn!(integration = %row.id, %error, "tokens of an ended connection could not be given back");
    }
}
