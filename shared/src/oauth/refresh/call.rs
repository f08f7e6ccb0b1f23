//! One call to a provider's token endpoint: everything that can fail is done before it, and its answer is judged after.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Error, breaker::Name, due};
use crate::{
    app::App,
    auth::Tenant,
    egress::{self, Bounds},
    http,
    oauth::{
        Client, connect, mint,
        token::{self, Grant, TokenError},
    },
    observe,
    providers::{self, Meaning, Provider, RenderError, Values},
    secret::Secret,
    store::{
        expression::Change,
        integrations::{Integration, Kind, Provenance, attribute as at, protocol::Failure},
    },
    vault::{Place, Ready, Sealed},
};

/// After the operator's mistake nobody tries for so long, in seconds; the breaker says more.
const OPERATOR: i64 = 5 * 60;

/// A call that is ready to go.
pub(super) struct Prepared {
    provider: Arc<Provider>,
    call: Option<providers::Call>,
    /// Whose breaker counts.
    name: Name,
    /// Whose grant it is.
    tenant: Tenant,
    /// How the tokens came here, where they were got elsewhere: perhaps by another client than ours.
    provenance: Option<Provenance>,
    /// Whether the client is its owner's own, typed in.
    own_client: bool,
    /// Whether a typed credential mints, and nobody's refresh token is at stake.
    minted: bool,
    /// The vault's key in hand: what cannot be sealed after the provider has answered is lost.
    ready: Ready,
    /// The values that outlive this grant, sealed for the next.
    kept: BTreeMap<&'static str, Sealed>,
}

/// What came of it.
pub(super) enum Answer {
    Given(Box<Grant>),
    Dead(String),
    Failed(Failure),
}

/// What a commit stores.
pub(super) struct Tokens {
    /// All of it.
    pub(super) change: Change,
    /// The sealed access token.
    pub(super) access: Sealed,
    /// The sealed refresh token.
    pub(super) refresh: Option<Sealed>,
    /// The sealed secret of the owner's own client.
    pub(super) client_secret: Option<Sealed>,
    /// When the access token ends.
    pub(super) expires_at: Option<i64>,
}

/// The client that a grant belongs to, and no other: a refresh token goes nowhere else.
pub(crate) async fn client(
    app: &App,
    provider: &Provider,
    client_id: Option<&str>,
    own_secret: Option<Secret<String>>,
) -> Result<Client, Error> {
    let client = match (own_secret, client_id) {
        (Some(secret), Some(id)) => Some(Client { id: id.to_owned(), secret: Some(secret) }),
        _ => app.clients.get(provider).await.map_err(http::Error::from)?,
    };
    match client {
        Some(client) if client_id.is_none_or(|id| id == client.id) => Ok(client),
        Some(_) => Err(mistake(app, provider, "the grant belongs to another OAuth client than the one that is set")),
        None => Err(mistake(app, provider, "no OAuth client is set")),
    }
}

/// Says what the operator has to mend. Nobody is disconnected for it.
fn mistake(app: &App, provider: &Provider, why: &'static str) -> Error {
    tracing::error!(provider = provider.slug(), why, "operator's mistake");
    observe::count(app, "BreakerOpened", 1);
    Error::unavailable(OPERATOR, why)
}

/// Gets everything ready. Nothing has been written or sent where this fails.
pub(super) async fn prepare(app: &App, integration: &Integration) -> Result<Prepared, Error> {
    let provider = app.provider(&integration.provider)?;
    let tenant = integration.tenant()?;
    let open = async |field: &'static str, sealed: Option<&Sealed>| match sealed {
        Some(sealed) => app.vault.open(&integration.place(&tenant, field), sealed).await.map(Some),
        None => Ok(None),
    };
    let secret = open(at::CLIENT_SECRET, integration.client_secret.as_ref()).await?;
    let credential = open(at::CREDENTIAL, integration.credential.as_ref()).await?;
    let refresh = open(at::REFRESH_TOKEN, integration.refresh_token.as_ref()).await?;
    let unmade = |error: RenderError| Error::unavailable(OPERATOR, error.to_string());
    let (call, host) = if integration.kind == Kind::Minted {
        let credential = credential.as_ref().ok_or_else(|| Error::reauth(integration))?;
        let typed = connect::parts(&provider, credential)?;
        let call = mint::request(&provider, &typed, app.clock.now()).map_err(unmade)?;
        (call, mint::host(&provider, &typed).map_err(unmade)?)
    } else {
        let refresh = refresh.as_ref().ok_or_else(|| Error::reauth(integration))?;
        let client = client(app, &provider, integration.client_id.as_deref(), secret.clone()).await?;
        let fields = Values::new().facts(&integration.fields);
        let call = token::refresh_request(&provider, &client, refresh, &fields).map_err(unmade)?;
        (call, token::token_host(&provider, &fields).map_err(unmade)?)
    };
    if integration.token_host.as_ref().is_some_and(|stored| *stored != host) {
        return Err(mistake(app, &provider, "the token endpoint is on another host than when this was connected"));
    }
    let values = [(at::REFRESH_TOKEN, refresh), (at::CLIENT_SECRET, secret), (at::CREDENTIAL, credential)];
    let ready = app.vault.ready(&integration.place(&tenant, at::ACCESS_TOKEN)).await?;
    let mut kept = BTreeMap::new();
    for (field, value) in values {
        if let Some(value) = value {
            kept.insert(field, seal(&ready, integration, field, &value)?);
        }
    }
    let (name, provenance) = (Name::of(&provider, integration), integration.provenance);
    let minted = integration.kind == Kind::Minted;
    let own_client = minted || integration.client_secret.is_some();
    Ok(Prepared { name, tenant, provenance, own_client, minted, provider, call: Some(call), ready, kept })
}

/// Seals for the grant that the commit will make.
fn seal(
    ready: &Ready,
    integration: &Integration,
    field: &'static str,
    value: &Secret<String>,
) -> Result<Sealed, Error> {
    let tenant = integration.tenant()?;
    let place = Place { grant: integration.grant + 1, ..integration.place(&tenant, field) };
    Ok(ready.seal(&place, value.expose().as_bytes())?)
}

impl Prepared {
    /// Whose token endpoint it is.
    pub(super) fn provider(&self) -> &Provider {
        &self.provider
    }

    /// Until when the provider is not to be asked, if so.
    pub(super) async fn left_alone(&self, app: &App) -> Option<i64> {
        app.breakers.open_for(app, &self.name).await
    }

    /// Until when the provider is not to be asked, if so, by the last look before the call.
    pub(super) async fn not_tried(&self, app: &App) -> Option<i64> {
        app.breakers.trial(app, &self.name).await
    }

    /// Calls, once.
    pub(super) async fn call(&mut self, app: &App, integration: &Integration) -> Answer {
        let failures = integration.view.error_count + 1;
        let Some(call) = self.call.take() else {
            return Answer::Failed(failed(app, failures, false, "nothing to send"));
        };
        let answered = app.egress.provider(self.provider.hosts(), call.request, Bounds::TOKEN).await;
        let response = match answered {
            Ok(response) => response,
            Err(error) => return Answer::Failed(self.not_answered(app, failures, &error)),
        };
        let parse = if self.minted { token::parse_minted } else { token::parse_answer };
        match parse(&self.provider, &response, &call.sent) {
            Ok(grant) => {
                app.breakers.succeeded(app, &self.name).await;
                Answer::Given(Box::new(grant))
            }
            Err(error) => self.refused(app, failures, &error).await,
        }
    }

    /// The provider is asked again with the same token only where it cannot have ended it, or once that is all there is.
    fn not_answered(&self, app: &App, failures: i64, error: &egress::Error) -> Failure {
        let unknown = error.reached() && self.rotates();
        if error.refused() {
            let _ = mistake(app, &self.provider, "the token endpoint may not be called");
        }
        failed(app, failures, unknown, &error.to_string())
    }

    async fn refused(&self, app: &App, failures: i64, error: &TokenError) -> Answer {
        let said = error.to_string();
        let meaning = match error.meaning() {
            // No mistake of the operator's, and no hope either: its owner has to type in another.
            Meaning::Operator if self.own_client => Meaning::Reauthorize,
            // Said of this grant: it was given to another client than ours. Of a crowd it is doubted, as any end is.
            Meaning::Operator if self.provenance.is_some() && error.code() == Some("unauthorized_client") => {
                Meaning::Reauthorize
            }
            meaning => meaning,
        };
        match meaning {
            // What is said of tokens that their owner got elsewhere is about this row alone.
            Meaning::Reauthorize if self.provenance == Some(Provenance::Pasted) => Answer::Dead(said),
            Meaning::Operator if self.provenance == Some(Provenance::Pasted) => self.pasted(app, failures, &said),
            Meaning::Reauthorize if app.breakers.believes(app, &self.name, &self.tenant).await => Answer::Dead(said),
            Meaning::Reauthorize => {
                let until = app.breakers.open_until(app, &self.name).await;
                Answer::Failed(put_off(failed(app, failures, false, &said), until))
            }
            Meaning::Operator => {
                let until = app.breakers.operator_mistake(app, &self.name, &said).await;
                // The owner's connection has not failed: the operator's client has.
                let failure = Failure { count: failures - 1, ..failed(app, failures, false, &said) };
                Answer::Failed(put_off(failure, Some(until)))
            }
            Meaning::SlowDown(wait) => {
                let wait = wait.unwrap_or(Duration::from_secs(30));
                let until = app.breakers.slow_down(app, &self.name, wait);
                let unknown = error.is_uncertain() && self.rotates();
                Answer::Failed(put_off(failed(app, failures, unknown, &said), Some(until)))
            }
            Meaning::Fine | Meaning::Refresh | Meaning::Refused | Meaning::Transient => {
                let unknown = error.is_uncertain() && self.rotates();
                Answer::Failed(failed(app, failures, unknown, &said))
            }
        }
    }

    /// A client that cannot prove itself says nothing of tokens that their owner got elsewhere: the row waits for the
    /// operator, and has not failed.
    fn pasted(&self, app: &App, failures: i64, said: &str) -> Answer {
        tracing::warn!(
            provider = self.provider.slug(),
            said,
            "the client was refused, with tokens that were got elsewhere"
        );
        let failure = Failure { count: failures - 1, ..failed(app, failures, false, said) };
        Answer::Failed(put_off(failure, Some(app.clock.epoch() + OPERATOR)))
    }

    fn rotates(&self) -> bool {
        let refresh = self.provider.oauth2().and_then(|oauth2| oauth2.refresh.as_ref());
        !self.minted && refresh.is_none_or(|refresh| refresh.rotates)
    }

    /// The change that stores what was given: all under the next grant.
    pub(super) fn tokens(&self, integration: &Integration, grant: &Grant, now: i64) -> Result<Tokens, Error> {
        let access = seal(&self.ready, integration, at::ACCESS_TOKEN, &grant.access_token)?;
        let new = grant.refresh_token.as_ref();
        let new = new.map(|new| seal(&self.ready, integration, at::REFRESH_TOKEN, new)).transpose()?;
        // An answer without a refresh token means: keep the one you have.
        let refresh = new.or_else(|| self.kept.get(at::REFRESH_TOKEN).cloned());
        let mut change = self.kept.iter().fold(Change::new(), |change, (field, sealed)| change.set(field, sealed));
        change = change.set(at::ACCESS_TOKEN, &access).put(at::REFRESH_TOKEN, refresh.as_ref());
        if let Some(scopes) = &grant.scopes {
            change = change.set(at::SCOPES, scopes.as_slice());
        }
        if !grant.kept.is_empty() {
            let mut fields = integration.fields.clone();
            fields.extend(grant.kept.clone());
            change = change.set(at::FIELDS, &fields);
        }
        let expires_at = grant.expires_in.map(|seconds| now.saturating_add(seconds.cast_signed()));
        let client_secret = self.kept.get(at::CLIENT_SECRET).cloned();
        // It was our client that the provider gave them to: from now on they share its fate.
        let change = change.put(at::EXPIRES_AT, expires_at).remove(&[at::PROVENANCE]);
        Ok(Tokens { change, access, refresh, client_secret, expires_at })
    }
}

pub(super) fn failed(app: &App, failures: i64, unknown: bool, error: &str) -> Failure {
    let retry_at = due::retry_at(app.clock.epoch(), failures, None);
    Failure { retry_at, error: error.to_owned(), count: failures, unknown }
}

fn put_off(failure: Failure, until: Option<i64>) -> Failure {
    Failure { retry_at: until.map_or(failure.retry_at, |until| failure.retry_at.max(until)), ..failure }
}
