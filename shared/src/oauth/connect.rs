//! Connecting and disconnecting: what makes a grant, and what ends it.
//!
//! Both move the row's grant, so that nothing a refresh still holds can land on what happened here.

use std::sync::Arc;

use super::refresh::due;
use crate::{
    app::App,
    auth::{Owner, Tenant},
    http::{Code, Error, Result},
    id::{IntegrationId, RequestId, random_token},
    providers::{Provider, Values, credentials},
    secret::Secret,
    store::{
        Written,
        audit::{Detailed, Entry},
        expression::{Change, Value, Write},
        integrations::{
            CUSTOM, Integration, Kind, NewGrant, Provenance, account_of, attribute as at, key_of, org_entry,
            protocol::{self, View},
        },
        key::{self, Key},
        timers::Revocation,
    },
    vault::{Place, Purpose, Sealed},
};

/// How often a connect looks again after somebody else changed the row under its hands.
const ROUNDS: usize = 5;
/// How long a tombstone stays, so that its counters outlive every copy of the old grant: the backups' 35 days.
pub(super) const FORGET: i64 = 35 * 86_400;

/// Who connects or disconnects, for the audit trail.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// A user's or a service key's id.
    pub actor: &'a str,
    /// In which request, where it is known.
    pub request: Option<&'a RequestId>,
}

/// Stores a new consent, sealed, in place of what was in its slot, as its owner does.
pub async fn connect(app: &App, tenant: &Tenant, new: NewGrant) -> Result<Integration> {
    connect_by(app, tenant, &new, By { actor: tenant.owner().as_str(), request: None }).await
}

/// Stores a new consent, sealed, in place of what was in its slot, and writes down who did it: both or neither.
pub async fn connect_by(app: &App, tenant: &Tenant, new: &NewGrant, by: By<'_>) -> Result<Integration> {
    connect_as(app, tenant, new, by, "integration.connect").await
}

/// The same, by the name that the trail has for it.
pub async fn connect_as(app: &App, tenant: &Tenant, new: &NewGrant, by: By<'_>, action: &str) -> Result<Integration> {
    for _ in 0..ROUNDS {
        let Prepared { key, write, id } = prepare(app, tenant, new).await?;
        let slot = Slot { tenant, id: &id, provider: &new.provider, label: &new.label };
        if let Written::Yes(row) = app.store.change_noted(&key, &write, &slot.entry(action, by)).await? {
            return Ok(Integration::of(row)?);
        }
    }
    Err(changing())
}

/// A write that connects, on the row as it is at this moment.
pub(super) struct Prepared {
    pub(super) key: Key,
    pub(super) write: Write,
    pub(super) id: IntegrationId,
}

/// Seals a new consent for the slot that it goes into.
pub(super) async fn prepare(app: &App, tenant: &Tenant, new: &NewGrant) -> Result<Prepared> {
    let provider = described(app, &new.provider)?;
    let key = key_of(tenant.org(), tenant.owner().as_str(), &new.provider, &new.label);
    let row = app.store.integrations().row(&key, true).await?;
    let seen = row.as_ref().map(View::of);
    let known =
        row.and_then(|row| Integration::of(row).ok()).filter(|_| !seen.as_ref().is_some_and(|v| v.disconnected));
    if known.as_ref().is_some_and(|known| new.only_over.is_some_and(|kind| kind != known.kind)) {
        return Err(Error::new(Code::Conflict, "A connection of another kind is kept under this label already"));
    }
    if known.is_none() {
        full(app, tenant).await?;
    }
    let (is_new, id) = (known.is_none(), known.map_or_else(|| app.ids.make(), |known| known.id));
    let grant = seen.as_ref().map(|view| view.grant);
    let now = app.clock.epoch();
    let sealer = Sealer { app, tenant, id: &id, provider: &new.provider, grant: grant.unwrap_or_default() + 1 };
    let record = record(&sealer, provider.as_deref(), new, now).await?;
    // A tombstone still says when the connection before this one was made.
    let record = if is_new { record.set(at::CREATED_AT, now) } else { record };
    Ok(Prepared { key, write: protocol::connect(grant, &random_token(), record, now), id })
}

/// Refuses early what [`prepare`] would refuse: a new connection over the operator's limit.
pub(super) async fn room(app: &App, tenant: &Tenant, provider: &str, label: &str) -> Result<()> {
    if app.config.limits.integrations == 0 || app.store.integrations().get(tenant, provider, label).await?.is_some() {
        return Ok(());
    }
    full(app, tenant).await
}

/// Two at the same moment may both find room: the limit bounds, it does not count coins.
async fn full(app: &App, tenant: &Tenant) -> Result<()> {
    let most = app.config.limits.integrations;
    if most == 0 || !app.store.integrations().org_has(tenant, most).await? {
        return Ok(());
    }
    let sentence = format!("There may be {most} connections in an organisation; disconnect one first");
    Err(Error::new(Code::LimitReached, sentence))
}

/// Refuses to connect for somebody who has left, or was deleted, however lately their request was believed.
pub async fn still_there(app: &App, tenant: &Tenant) -> Result<()> {
    let Owner::User(user) = tenant.owner() else { return Ok(()) };
    let user = app.store.user(user, true).await?;
    match user.filter(|user| user.is_active && user.org == *tenant.org()) {
        Some(_) => Ok(()),
        None => Err(Error::new(Code::Conflict, "This user is not in the organisation any more")),
    }
}

pub(super) fn changing() -> Error {
    Error::new(Code::Conflict, "This connection is being changed by somebody else; try again")
}

/// Writes a connection that a link's own transaction made into the audit trail. One that could not be written down is a
/// connection all the same, and the log tells of it.
pub async fn noted(app: &App, integration: &Integration, actor: &str) {
    let (org, subject) = (&integration.org, integration.id.as_str());
    let entry = Entry { org, actor, action: "integration.connect", subject, request: None };
    if let Err(error) = app.store.audit(&entry).await {
        tracing::error!(integration = %integration.id, %error, "a connection is missing in the audit trail");
    }
}

/// What an entry of the trail says about a connection.
pub(crate) struct Slot<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) id: &'a IntegrationId,
    pub(crate) provider: &'a str,
    pub(crate) label: &'a str,
}

impl<'a> Slot<'a> {
    pub(crate) fn of(tenant: &'a Tenant, integration: &'a Integration) -> Self {
        Self { tenant, id: &integration.id, provider: &integration.provider, label: &integration.label }
    }

    pub(crate) fn entry(&self, action: &'a str, by: By<'a>) -> Detailed<'a> {
        let (org, subject) = (self.tenant.org(), self.id.as_str());
        let facts = [("owner", self.tenant.owner().as_str()), ("provider", self.provider), ("label", self.label)];
        Entry { org, actor: by.actor, action, subject, request: by.request }
            .about(facts.map(|(name, fact)| (name, fact.to_owned())))
    }
}

/// The file that describes a provider; none for a name of somebody's own.
pub(crate) fn described(app: &App, provider: &str) -> Result<Option<Arc<Provider>>> {
    if provider.starts_with(CUSTOM) { Ok(None) } else { app.provider(provider).map(Some) }
}

/// All that a new consent sets in the row.
pub(crate) async fn record(
    sealer: &Sealer<'_>,
    provider: Option<&Provider>,
    new: &NewGrant,
    now: i64,
) -> Result<Change> {
    let (app, tenant, id) = (sealer.app, sealer.tenant, sealer.id);
    let expires_at = new.expires_in.map(|seconds| now.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)));
    let refreshable = new.refresh.is_some() || new.kind == Kind::Minted;
    let view = View { expires_at, refreshable, refreshed_at: Some(now), ..View::default() };
    let (kind, all) = (new.kind, app.config.outward.refresh_all);
    let due_at =
        provider.and_then(|provider| due::due_at(&view, &due::Grounds { provider, kind, all, last_used: None }, now));
    let account = new.external.id.as_deref().zip(provider);
    let listed = org_entry(tenant.org(), tenant.owner().as_str(), sealer.provider, &new.label);
    let listed = listed.into_iter().fold(Change::new(), |change, (name, value)| change.set(name, value));
    Ok(listed
        .set(at::ID, id.as_str())
        .set(at::ORG, tenant.org().as_str())
        .set(at::OWNER, tenant.owner().as_str())
        .set(at::PROVIDER, sealer.provider)
        .set(at::LABEL, new.label.as_str())
        .set(at::KIND, new.kind.as_str())
        .set_once(at::CREATED_AT, now)
        .set_once(at::REV, 0)
        .put(at::CLIENT_ID, new.client_id.as_deref())
        .put(at::TOKEN_HOST, new.token_host.as_deref())
        .put(at::PROVENANCE, new.provenance.map(Provenance::as_str))
        .remove(&[at::MIGRATED])
        .set(at::SCOPES, new.scopes.as_slice())
        .set(at::EXTERNAL, external(new))
        .set(at::FIELDS, &new.fields)
        .put(at::EXPIRES_AT, expires_at)
        .put(at::ACCESS_TOKEN, sealer.seal(at::ACCESS_TOKEN, new.access.as_ref()).await?.as_ref())
        .put(at::REFRESH_TOKEN, sealer.seal(at::REFRESH_TOKEN, new.refresh.as_ref()).await?.as_ref())
        .put(at::CREDENTIAL, sealer.seal(at::CREDENTIAL, new.credential.as_ref()).await?.as_ref())
        .put(at::CLIENT_SECRET, sealer.seal(at::CLIENT_SECRET, new.client_secret.as_ref()).await?.as_ref())
        .put(at::ACCOUNT_PK, account.map(|(account, provider)| account_of(provider.family(), account)))
        .put(at::ACCOUNT_SK, account.map(|_| key::join(&[new.client_id.as_deref().unwrap_or_default(), id.as_str()])))
        .with(due::entry(id.as_str(), due_at)))
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
    let entry = Slot::of(tenant, integration).entry("integration.disconnect", By { actor, request: None });
    end(app, integration, &entry).await
}

/// A refresh that commits meanwhile moves the grant: then what it committed is ended. Done already is done.
async fn end(app: &App, integration: &Integration, entry: &Detailed<'_>) -> Result<()> {
    let (key, now) = (integration.key(), app.clock.epoch());
    let mut row = integration.clone();
    let whole_account = app.provider(&row.provider).is_ok_and(|provider| provider.revokes_account());
    for _ in 0..ROUNDS {
        let write = protocol::disconnect(row.view.grant, &random_token(), now, now + FORGET);
        let revocation = Revocation::of(&row, whole_account, now);
        if app.store.write_noted(&key, &write, entry, revocation.as_ref()).await?.is_ok() {
            return Ok(());
        }
        match app.store.integrations().at(&key, true).await? {
            Some(found) if found.id == integration.id => row = found,
            _ => return Ok(()),
        }
    }
    Err(changing())
}

/// The parts of a typed credential, as the JSON text that is sealed.
pub fn sealed_form(parts: &Values) -> Result<Secret<String>> {
    let mut form = serde_json::Map::new();
    for name in parts.names() {
        let value = match (parts.get_secret(name), parts.get_plain(name)) {
            (Some(secret), _) => secret.expose().as_str().into(),
            (None, plain) => plain.cloned().unwrap_or_default(),
        };
        form.insert(name.to_owned(), value);
    }
    serde_json::to_string(&form).map(Secret::new).map_err(Error::internal)
}

/// What [`sealed_form`] made a text of, read as the provider's file wants it today.
pub fn parts(provider: &Provider, form: &Secret<String>) -> Result<Values> {
    // The parser's own sentence could quote a secret.
    let form = serde_json::from_str(form.expose())
        .map_err(|_| Error::new(Code::Internal, "The stored credential is not readable"))?;
    credentials::typed(provider, &form)
        .map_err(|_| Error::new(Code::Invalid, "The stored credential no longer fits; save it again"))
}

/// The typed credential inside, as the JSON text it was saved as.
pub async fn credential(app: &App, tenant: &Tenant, integration: &Integration) -> Result<Secret<String>> {
    let sealed = integration.credential.as_ref();
    let sealed = sealed.ok_or_else(|| Error::new(Code::Invalid, "No credentials provided and none stored"))?;
    Ok(app.vault.open(&integration.place(tenant, at::CREDENTIAL), sealed).await?)
}
