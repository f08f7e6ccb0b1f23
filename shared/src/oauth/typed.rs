//! A credential that somebody typed, replaced by another or moved to another label. The first one is stored by
//! [`connect`](super::connect::connect).
//!
//! Either way the grant moves on, so that the value that stood there before opens nowhere any more.

use super::connect::{By, FORGET, Sealer, Slot, described, record};
use crate::{
    app::App,
    auth::Tenant,
    http::{Code, Error, Result},
    id::random_token,
    secret::Secret,
    store::{
        Written,
        expression::{Change, Condition, Write},
        integrations::{
            Integration, Kind, NewGrant, attribute as at, key_of,
            protocol::{self, View},
        },
    },
};

/// What the trail says of a change to one that is kept.
pub const CHANGED: &str = "credential.update";

/// Stores another credential in place of the one inside, and writes down who did.
pub async fn replace(
    app: &App,
    tenant: &Tenant,
    integration: &Integration,
    secret: Secret<String>,
    by: By<'_>,
) -> Result<Integration> {
    let provider = described(app, &integration.provider)?;
    let (seen, now) = (integration.view.grant, app.clock.epoch());
    let sealer = Sealer { app, tenant, id: &integration.id, provider: &integration.provider, grant: seen + 1 };
    let new = grant_of(integration, &integration.label, secret);
    let record = kept(record(&sealer, provider.as_deref(), &new, now).await?, integration);
    let write = unedited(protocol::connect(Some(seen), &random_token(), record, now), integration);
    let entry = Slot::of(tenant, integration).entry(CHANGED, by);
    match app.store.change_noted(&integration.key(), &write, &entry).await? {
        Written::Yes(row) => Ok(Integration::of(row)?),
        Written::No(_) => Err(changed()),
    }
}

/// Moves it to another label, under the same id and with its name and settings, and writes down who did. A label that is
/// taken refuses.
pub async fn relabel(
    app: &App,
    tenant: &Tenant,
    integration: &Integration,
    label: &str,
    secret: Secret<String>,
    by: By<'_>,
) -> Result<Integration> {
    let provider = described(app, &integration.provider)?;
    let to = key_of(tenant.org(), tenant.owner().as_str(), &integration.provider, label);
    let rows = app.store.integrations();
    let found = rows.row(&to, true).await?.as_ref().map(View::of);
    if found.as_ref().is_some_and(|view| !view.disconnected) {
        return Err(Error::new(Code::Conflict, "Something is kept under this label already"));
    }
    let (seen, other, now) = (found.map(|view| view.grant), integration.view.grant, app.clock.epoch());
    let grant = protocol::above(seen, other);
    let sealer = Sealer { app, tenant, id: &integration.id, provider: &integration.provider, grant };
    let mut new = grant_of(integration, label, secret);
    if let Some(made) = &integration.access_token {
        new.access = Some(app.vault.open(&integration.place(tenant, at::ACCESS_TOKEN), made).await?);
    }
    let record = brought(kept(record(&sealer, provider.as_deref(), &new, now).await?, integration), integration);
    let come = protocol::move_in(seen, other, &random_token(), record, now);
    let go = unedited(protocol::disconnect(other, &random_token(), now, now + FORGET), integration);
    let entry = Slot { label, ..Slot::of(tenant, integration) }.entry(CHANGED, by);
    if !rows.change_both((&to, &come), (&integration.key(), &go), &entry).await? {
        return Err(changed());
    }
    rows.at(&to, true).await?.ok_or_else(changed)
}

/// Refused where its owner has edited it meanwhile, or switched it: what is kept and brought along is what was read.
fn unedited(write: Write, integration: &Integration) -> Write {
    Write { condition: write.condition.and(Condition::Is(at::REV, integration.rev.into())), ..write }
}

fn changed() -> Error {
    Error::new(Code::Conflict, "This credential is being changed by somebody else; try again")
}

/// Nobody has asked the provider whose the new one is.
fn grant_of(integration: &Integration, label: &str, secret: Secret<String>) -> NewGrant {
    let mut new = NewGrant::new(&integration.provider, label, crate::providers::External::default());
    new.kind = Kind::ApiKey;
    new.credential = Some(secret);
    new.fields.clone_from(&integration.fields);
    new
}

/// What is switched off stays so.
fn kept(record: Change, integration: &Integration) -> Change {
    if integration.view.switched_off { record.with(protocol::switch(false)) } else { record }
}

/// What goes along to another row. Settings are sealed for the integration, wherever its row is.
fn brought(record: Change, integration: &Integration) -> Change {
    let number = |rev: Option<u64>| rev.and_then(|rev| i64::try_from(rev).ok());
    record
        .set(at::CREATED_AT, integration.created_at.as_second())
        .set(at::REV, integration.rev)
        .put(at::NAME, integration.name.as_deref())
        .put(at::SETTINGS, integration.settings.as_ref())
        .put(at::SETTINGS_REV, number(integration.settings_rev))
        .put(at::METADATA, integration.metadata.as_ref())
        .put(at::METADATA_REV, number(integration.metadata_rev))
}
