//! Storing what a provider or a person gave, and ending it.

use std::collections::BTreeMap;

use super::{
    Client,
    refresh::{
        Error,
        due::{Facts, due_at},
    },
};
use crate::{
    app::App,
    auth::Tenant,
    id::IntegrationId,
    providers::Provider,
    secret::Secret,
    store::{
        integrations::{External, Integration, Kind, SealedGrant, Settled, Slot, attribute as at, spread},
        timers::{Revocation, Timer, What},
    },
    vault::{Place, Purpose, Sealed},
};

/// How often somebody else may be quicker before we give up.
const TRIES: usize = 8;

/// What is to be stored of a new consent, or of what a person typed.
pub struct NewGrant {
    /// The owner's name for this connection; `default` where none was given.
    pub label: String,
    /// What kind of credential.
    pub kind: Kind,
    /// The OAuth client that the grant belongs to.
    pub client_id: Option<String>,
    /// The owner's own client, where it is not the operator's: its secret is stored with the grant.
    pub own_client: Option<Client>,
    /// Where the refresh token may be sent.
    pub token_host: Option<String>,
    /// What requests carry.
    pub access_token: Option<Secret<String>>,
    /// Gets the next access token.
    pub refresh_token: Option<Secret<String>>,
    /// What a person typed, as JSON.
    pub credential: Option<Secret<String>>,
    /// Seconds that the access token lives.
    pub expires_in: Option<u64>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Who it is.
    pub external: External,
    /// What requests need and is not secret.
    pub fields: BTreeMap<String, String>,
}

/// Stores a connection, over whatever stood in its slot.
pub async fn connect(
    app: &App,
    tenant: &Tenant,
    provider: &Provider,
    new: NewGrant,
) -> Result<Integration, Error> {
    let slot = Slot::new(provider.slug(), &new.label);
    for _ in 0..TRIES {
        let now = app.clock.epoch();
        let before = app.store.integrations().row(&slot.key(tenant)).await?;
        let grant = seal(app, tenant, provider, &new, before.as_ref(), now).await?;
        match app.store.integrations().connect(tenant, &grant, now).await? {
            Settled::Done(row) => return Ok(*row),
            // A refresh was quicker, or another consent: ours is the later one all the same.
            Settled::Refused(_) => {}
        }
    }
    Err(Error::unavailable(1, "the connection is changed all the time"))
}

async fn seal(
    app: &App,
    tenant: &Tenant,
    provider: &Provider,
    new: &NewGrant,
    before: Option<&Integration>,
    now: i64,
) -> Result<SealedGrant, Error> {
    let live = before.filter(|row| row.disconnected_at.is_none());
    let id: IntegrationId = live.map_or_else(|| app.ids.make(), |row| row.id.clone());
    let grant = before.map_or(0, |row| row.grant) + 1;
    let own = new.own_client.as_ref();
    let clear = [
        (at::ACCESS_TOKEN, new.access_token.as_ref()),
        (at::REFRESH_TOKEN, new.refresh_token.as_ref()),
        (at::CREDENTIAL, new.credential.as_ref()),
        (at::CLIENT_SECRET, own.and_then(|client| client.secret.as_ref())),
    ];
    let mut secrets: BTreeMap<&'static str, Sealed> = BTreeMap::new();
    for (field, value) in clear {
        let Some(value) = value else { continue };
        let place = Place {
            org: tenant.org(),
            owner: tenant.owner(),
            purpose: Purpose::Integration,
            record: id.as_str(),
            provider: provider.slug(),
            field,
            grant,
        };
        secrets.insert(field, app.vault.seal(&place, value.expose().as_bytes()).await?);
    }
    let expires_at = new.expires_in.map(|seconds| now.saturating_add(seconds.cast_signed()));
    let refresh = provider.oauth2().and_then(|oauth2| oauth2.refresh.as_ref());
    let facts = Facts {
        expires_at,
        refreshed_at: now,
        refreshable: new.refresh_token.is_some(),
        last_used_at: live.and_then(|row| row.last_used_at).map(jiff::Timestamp::as_second),
        retry_at: None,
        keep_alive_days: refresh.and_then(|refresh| refresh.keep_alive_days),
        all: app.config.outward.refresh_all,
        spread: spread(&format!("{id}{grant}")),
    };
    Ok(SealedGrant {
        slot: Slot::new(provider.slug(), &new.label),
        grant,
        id,
        new: live.is_none(),
        family: provider.family().to_owned(),
        kind: new.kind,
        client_id: own.map(|client| client.id.clone()).or_else(|| new.client_id.clone()),
        token_host: new.token_host.clone(),
        secrets,
        expires_at,
        scopes: new.scopes.clone(),
        external: new.external.clone(),
        fields: new.fields.clone(),
        due_at: due_at(&facts, now),
    })
}

/// Ends a connection at once; its tokens are given back to the provider later, however long that takes. Says whether
/// there was one to end.
pub async fn disconnect(app: &App, integration: &Integration) -> Result<bool, Error> {
    let mut row = integration.clone();
    for _ in 0..TRIES {
        let now = app.clock.epoch();
        let timer = Revocation::of(&row).map(|left| Timer::due_now(What::Revocation(Box::new(left)), now));
        match app.store.integrations().disconnect(&row, timer.as_ref(), now).await? {
            Settled::Done(_) => return Ok(true),
            Settled::Refused(Some(found)) if found.disconnected_at.is_none() && found.id == row.id => row = *found,
            Settled::Refused(_) => return Ok(false),
        }
    }
    Err(Error::unavailable(1, "the connection is changed all the time"))
}
