//! Takes one connection of an older system over: sealed like any other, under an id that comes from where it was, so that
//! doing it twice leaves one.
//!
//! What stands in the slot already stays: the owner has connected, or disconnected, here since, or another record was
//! taken over for it before. An older copy that nobody has touched here gives way to a newer one.

use jiff::Timestamp;
use serde_json::{Map, Value as Json};

use crate::{
    app::App,
    auth::Tenant,
    http::{Code, Error, Result},
    id::{IntegrationId, random_token},
    oauth::connect::{self, By, Sealer, Slot},
    providers::Provider,
    secret::Secret,
    settings,
    store::{
        Item,
        expression::{Change, Look as _, Value},
        integrations::{Integration, Kind, NewGrant, Status, attribute as at, key_of, protocol},
        key::Key,
        string,
    },
    vault::{Place, Purpose},
};

/// How often a write is tried against somebody else's.
const ROUNDS: usize = 3;

/// A connection about to be taken over.
pub struct Imported {
    /// Its id: the one it had, or one derived from where it was.
    pub id: IntegrationId,
    /// The credential, and what is known of it.
    pub grant: NewGrant,
    /// Its settings.
    pub settings: Map<String, Json>,
    /// Its metadata.
    pub metadata: Map<String, Json>,
    /// Since when it was connected.
    pub connected_at: Option<Timestamp>,
    /// When it was tested last.
    pub last_tested_at: Option<Timestamp>,
    /// When the older system wrote it last.
    pub written_at: Option<Timestamp>,
    /// When it was used last.
    pub last_used_at: Option<Timestamp>,
    /// Its state, where that is another than in use.
    pub status: Option<Status>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Failures in a row.
    pub error_count: i64,
}

impl Imported {
    fn key(&self, tenant: &Tenant) -> Key {
        key_of(tenant.org(), tenant.owner().as_str(), &self.grant.provider, &self.grant.label)
    }

    /// What was written before this gives way to it. Nothing does to one that was switched off.
    fn newer_than(&self) -> Option<Timestamp> {
        self.written_at.filter(|_| self.status != Some(Status::Inactive))
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is here now.
    Made,
    /// It was here.
    There,
    /// Its owner has connected, or ended, something in its slot here.
    Occupied,
    /// Another record of an older system was taken over into its slot, and has this id.
    Another(String),
}

/// What of the catalogue a tokens' grant needs beside the tokens: the operator's client and where refreshes go.
pub async fn described(app: &App, provider: &Provider, grant: &mut NewGrant) -> Result<()> {
    if grant.kind != Kind::Oauth || grant.refresh.is_none() {
        return Ok(());
    }
    grant.client_id = app.clients.get(provider).await?.map(|client| client.id);
    let fields = crate::providers::Values::new().facts(&grant.fields);
    grant.token_host = crate::oauth::token::token_host(provider, &fields).ok();
    Ok(())
}

/// What has its slot, if anything has, without writing anything.
pub async fn look(app: &App, tenant: &Tenant, new: &Imported) -> Result<Option<Taken>> {
    look_as(app, tenant, new, &new.id, new.newer_than()).await
}

/// The same for another record in its slot, of this id and written at this time.
pub async fn look_as(
    app: &App,
    tenant: &Tenant,
    new: &Imported,
    id: &IntegrationId,
    written_at: Option<Timestamp>,
) -> Result<Option<Taken>> {
    Ok(match seen(app, &new.key(tenant), id, written_at).await? {
        Seen::Taken(taken) => Some(taken),
        Seen::Free(_) => None,
    })
}

/// A slot, as one record finds it.
enum Seen {
    /// It may go there, over this grant where something is there.
    Free(Option<i64>),
    Taken(Taken),
}

async fn seen(app: &App, key: &Key, id: &IntegrationId, written_at: Option<Timestamp>) -> Result<Seen> {
    let Some(row) = app.store.integrations().row(key, true).await? else { return Ok(Seen::Free(None)) };
    let there = string(&row, at::ID).unwrap_or_default();
    let migrated = row.contains_key(at::MIGRATED);
    Ok(match row.contains_key(at::DISCONNECTED_AT) {
        false if there == id.as_str() => Seen::Taken(Taken::There),
        false if migrated && gives_way(&row, written_at) => Seen::Free(number(&row, at::GRANT)),
        false if migrated => Seen::Taken(Taken::Another(there)),
        _ => Seen::Taken(Taken::Occupied),
    })
}

/// Whether a migrated row is an older copy that nobody has touched here.
fn gives_way(row: &Item, written_at: Option<Timestamp>) -> bool {
    let untouched = number(row, at::GRANT) == number(row, at::MIGRATED) && number(row, at::REV) == Some(0);
    // What its provider made for it would have to be given back.
    let made = row.contains_key(at::CREDENTIAL) && row.contains_key(at::ACCESS_TOKEN);
    let older = number(row, at::WRITTEN_AT).zip(written_at).is_some_and(|(old, new)| old < new.as_second());
    untouched && !made && older
}

fn number(row: &Item, name: &str) -> Option<i64> {
    row.look(name).and_then(|value| value.number())
}

/// Takes it over, with an entry in the audit trail.
pub async fn take(app: &App, tenant: &Tenant, new: &Imported, by: By<'_>) -> Result<Taken> {
    let provider = connect::described(app, &new.grant.provider)?;
    let key = new.key(tenant);
    for _ in 0..ROUNDS {
        let over = match seen(app, &key, &new.id, new.newer_than()).await? {
            Seen::Taken(taken) => return Ok(taken),
            Seen::Free(over) => over,
        };
        let (now, grant) = (app.clock.epoch(), over.unwrap_or_default() + 1);
        let sealer = Sealer { app, tenant, id: &new.id, provider: &new.grant.provider, grant };
        let record = connect::record(&sealer, provider.as_deref(), &new.grant, now).await?;
        let record = record.with(history(new, grant)).with(free_form(app, tenant, new).await?);
        let write = protocol::connect(over, &random_token(), record, now);
        let slot = Slot { tenant, id: &new.id, provider: &new.grant.provider, label: &new.grant.label };
        let entry = slot.entry("integration.import", by);
        if app.store.write_noted(&key, &write, &entry, None).await?.is_ok() {
            return Ok(Taken::Made);
        }
    }
    Err(Error::new(Code::Conflict, "This connection is being changed by somebody else"))
}

/// What it has been through before it came here.
fn history(new: &Imported, grant: i64) -> Change {
    let seconds = |at: Option<Timestamp>| at.map(Timestamp::as_second);
    let mut change = Change::new()
        .set(at::MIGRATED, Value::Number(grant))
        .put(at::WRITTEN_AT, seconds(new.written_at))
        .put(at::LAST_TESTED_AT, seconds(new.last_tested_at));
    for (name, at) in [
        (at::CONNECTED_AT, seconds(new.connected_at)),
        (at::CREATED_AT, seconds(new.connected_at)),
        (at::LAST_USED_AT, seconds(new.last_used_at)),
    ] {
        change = at.into_iter().fold(change, |change, at| change.set(name, at));
    }
    change = match new.status {
        Some(Status::Inactive) => change.with(protocol::switch(false)),
        Some(status) => change.set(at::STATUS, status.as_str()),
        None => change,
    };
    if new.error_count > 0 {
        change = change.set(at::ERROR_COUNT, new.error_count);
    }
    new.last_error.iter().fold(change, |change, error| change.set(at::LAST_ERROR, error.as_str()))
}

/// Settings and metadata, as before the first edit.
async fn free_form(app: &App, tenant: &Tenant, new: &Imported) -> Result<Change> {
    let mut change = Change::new();
    for (field, rev, members) in
        [(at::SETTINGS, at::SETTINGS_REV, &new.settings), (at::METADATA, at::METADATA_REV, &new.metadata)]
    {
        if members.is_empty() {
            change = change.remove(&[field, rev]);
            continue;
        }
        let place = Place {
            org: tenant.org(),
            owner: tenant.owner(),
            purpose: Purpose::Setting,
            record: new.id.as_str(),
            provider: &new.grant.provider,
            field,
            grant: 0,
        };
        change = change.set(field, &settings::sealed(app, &place, members).await?).set(rev, 0);
    }
    Ok(change)
}

/// Whether it is here and opens, as the older system had it. What a refresh or its owner has replaced since has only to
/// open.
pub async fn is_kept(app: &App, tenant: &Tenant, new: &Imported) -> Result<bool> {
    let Some(row) = app.store.integrations().row(&new.key(tenant), true).await? else { return Ok(false) };
    let migrated = number(&row, at::MIGRATED);
    let found = Integration::of(row)?;
    let pairs = [
        (at::ACCESS_TOKEN, &found.access_token, &new.grant.access),
        (at::REFRESH_TOKEN, &found.refresh_token, &new.grant.refresh),
        (at::CREDENTIAL, &found.credential, &new.grant.credential),
    ];
    let mut same = true;
    for (field, sealed, clear) in pairs {
        let opened = match sealed {
            Some(sealed) => Some(app.vault.open(&found.place(tenant, field), sealed).await?),
            None => None,
        };
        same &= opened.as_ref().map(Secret::expose) == clear.as_ref().map(Secret::expose);
    }
    // What its owner has edited since is another.
    let edited = |rev: Option<u64>| rev.is_some_and(|rev| rev > 0);
    let settings::Opened { settings, metadata } = settings::open(app, tenant, &found).await?;
    let whole = (settings == new.settings || edited(found.settings_rev))
        && (metadata == new.metadata || edited(found.metadata_rev));
    Ok(found.id == new.id && (same || i64::try_from(found.grant).ok() > migrated) && whole)
}
