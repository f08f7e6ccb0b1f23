//! Connecting and disconnecting: what makes a grant, and what ends it.
//!
//! Both move the row's grant, so that nothing a refresh still holds can land on what happened here.

use super::refresh::due;
use crate::{
    app::App,
    auth::Tenant,
    http::{Code, Error, Result},
    id::{IntegrationId, random_token},
    providers::Provider,
    secret::Secret,
    store::{
        Written, audit,
        expression::{Change, Value},
        integrations::{
            Integration, NewGrant, account_of, attribute as at, key_of,
            protocol::{self, View},
        },
        key,
        timers::Revocation,
    },
    vault::{Place, Purpose, Sealed},
};

/// How often a connect looks again after somebody else changed the row under its hands.
const ROUNDS: usize = 5;
/// How long a tombstone stays, so that its counters outlive every copy of the old grant: the backups' 35 days.
const FORGET: i64 = 35 * 86_400;

/// Stores a new consent, sealed, in place of what was in its slot.
pub async fn connect(app: &App, tenant: &Tenant, new: NewGrant) -> Result<Integration> {
    let provider = app.provider(&new.provider)?;
    let key = key_of(tenant.org(), tenant.owner().as_str(), &new.provider, &new.label);
    for _ in 0..ROUNDS {
        let row = app.store.integrations().row(&key, true).await?;
        let seen = row.as_ref().map(View::of);
        let known =
            row.and_then(|row| Integration::of(row).ok()).filter(|_| !seen.as_ref().is_some_and(|v| v.disconnected));
        let id = known.map_or_else(|| app.ids.make(), |known| known.id);
        let grant = seen.as_ref().map(|view| view.grant);
        let now = app.clock.epoch();
        let record = record(app, tenant, &provider, &id, grant.unwrap_or_default() + 1, &new, now).await?;
        let write = protocol::connect(grant, &random_token(), record, now);
        if let Written::Yes(row) = app.store.integrations().apply(&key, &write).await? {
            return Ok(Integration::of(row)?);
        }
    }
    Err(Error::new(Code::Conflict, "This connection is being changed by somebody else; try again"))
}

/// Writes a new connection down in the audit trail. A connection that could not be written down is a connection all the
/// same, and the log tells of it.
pub async fn noted(app: &App, integration: &Integration, actor: &str) {
    let (org, subject) = (&integration.org, integration.id.as_str());
    let entry = audit::Entry { org, actor, action: "integration.connect", subject, request: None };
    if let Err(error) = app.store.audit(&entry).await {
        tracing::error!(integration = %integration.id, %error, "a connection is missing in the audit trail");
    }
}

/// All that a new consent sets in the row.
async fn record(
    app: &App,
    tenant: &Tenant,
    provider: &Provider,
    id: &IntegrationId,
    grant: i64,
    new: &NewGrant,
    now: i64,
) -> Result<Change> {
    let sealer = Sealer { app, tenant, id, provider: provider.slug(), grant };
    let expires_at = new.expires_in.map(|seconds| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)));
    let view = View { expires_at, refreshable: new.refresh.is_some(), refreshed_at: Some(now), ..View::default() };
    let grounds = due::Grounds { provider, all: app.config.outward.refresh_all, last_used: None };
    let account = new.external.id.as_deref();
    Ok(Change::new()
        .set(at::ID, id.as_str())
        .set(at::ORG, tenant.org().as_str())
        .set(at::OWNER, tenant.owner().as_str())
        .set(at::PROVIDER, provider.slug())
        .set(at::LABEL, new.label.as_str())
        .set(at::KIND, new.kind.as_str())
        .set_once(at::CREATED_AT, now)
        .set_once(at::REV, 0)
        .put(at::CLIENT_ID, new.client_id.as_deref())
        .put(at::TOKEN_HOST, new.token_host.as_deref())
        .set(at::SCOPES, new.scopes.as_slice())
        .set(at::EXTERNAL, external(new))
        .set(at::FIELDS, &new.fields)
        .put(at::EXPIRES_AT, expires_at)
        .put(at::ACCESS_TOKEN, sealer.seal(at::ACCESS_TOKEN, new.access.as_ref()).await?.as_ref())
        .put(at::REFRESH_TOKEN, sealer.seal(at::REFRESH_TOKEN, new.refresh.as_ref()).await?.as_ref())
        .put(at::CREDENTIAL, sealer.seal(at::CREDENTIAL, new.credential.as_ref()).await?.as_ref())
        .put(at::CLIENT_SECRET, sealer.seal(at::CLIENT_SECRET, new.client_secret.as_ref()).await?.as_ref())
        .put(at::ACCOUNT_PK, account.map(|account| account_of(provider.family(), account)))
        .put(at::ACCOUNT_SK, account.map(|_| key::join(&[new.client_id.as_deref().unwrap_or_default(), id.as_str()])))
        .with(due::entry(id.as_str(), due::due_at(&view, &grounds, now))))
}

fn external(new: &NewGrant) -> Value {
    let external = &new.external;
    let facts = [
        ("id", &external.id),
        ("username", &external.username),
        ("email", &external.email),
        ("name", &external.name),
        ("avatar", &external.avatar),
        ("workspace", &external.workspace),
    ];
    let told = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact.as_deref()?.into())));
    Value::Map(told.collect())
}

/// Seals the secrets of one grant of one integration.
pub(crate) struct Sealer<'a> {
    pub(crate) app: &'a App,
    pub(crate) tenant: &'a Tenant,
    pub(crate) id: &'a IntegrationId,
    pub(crate) provider: &'a str,
    pub(crate) grant: i64,
}

impl Sealer<'_> {
    pub(crate) async fn seal(&self, field: &str, clear: Option<&Secret<String>>) -> Result<Option<Sealed>> {
        let Some(clear) = clear else { return Ok(None) };
        let place = Place {
            org: self.tenant.org(),
            owner: self.tenant.owner(),
            purpose: Purpose::Integration,
            record: self.id.as_str(),
            provider: self.provider,
            field,
            grant: u64::try_from(self.grant).unwrap_or_default(),
        };
        Ok(Some(self.app.vault.seal(&place, clear.expose().as_bytes()).await?))
    }
}

/// Ends a connection at once, and leaves it to a job to tell the provider, which may be down.
pub async fn disconnect(app: &App, tenant: &Tenant, actor: &str, integration: &Integration) -> Result<()> {
    end(app, integration).await?;
    let entry = audit::Entry {
        org: tenant.org(),
        actor,
        action: "integration.disconnect",
        subject: integration.id.as_str(),
        request: None,
    };
    Ok(app.store.audit(&entry).await?)
}

/// A refresh that commits meanwhile moves the grant: then what it committed is ended. Done already is done.
async fn end(app: &App, integration: &Integration) -> Result<()> {
    let (key, now) = (integration.key(), app.clock.epoch());
    let mut row = integration.clone();
    for _ in 0..ROUNDS {
        let write = protocol::disconnect(row.view.grant, &random_token(), now, now + FORGET);
        let revocation = Revocation::of(&row, now);
        if app.store.end_integration(&key, &write, revocation.as_ref()).await? {
            return Ok(());
        }
        match app.store.integrations().at(&key, true).await? {
            Some(found) if found.id == integration.id => row = found,
            _ => return Ok(()),
        }
    }
    Err(Error::new(Code::Conflict, "This connection is being changed by somebody else; try again"))
}

/// The typed credential inside, as the JSON text it was saved as.
pub async fn credential(app: &App, tenant: &Tenant, integration: &Integration) -> Result<Secret<String>> {
    let sealed = integration.credential.as_ref();
    let sealed = sealed.ok_or_else(|| Error::new(Code::Invalid, "No credentials provided and none stored"))?;
    Ok(app.vault.open(&integration.place(tenant, at::CREDENTIAL), sealed).await?)
}
