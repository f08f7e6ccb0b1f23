//! Settings and metadata of an integration, in free form. Either may hold a secret, so both are sealed, for the purpose
//! `setting`, and bound to the edit that wrote them.
//!
//! An edit here never touches the credential, the grant or a lease.

use serde_json::{Map, Value};

use crate::{
    app::App,
    auth::Tenant,
    http::{Code, Error, Result},
    oauth::connect::{By, Slot},
    secret::Secret,
    store::integrations::{Edit, Integration, attribute as at},
    vault::{Place, Sealed},
};

/// How often an edit looks again after somebody else changed the row under its hands.
const ROUNDS: usize = 5;

/// What is to change; `None` stays as it is.
#[derive(Default)]
pub struct Changes {
    /// What its owner calls it; an empty name is none.
    pub name: Option<String>,
    /// Whether data are synchronised.
    pub sync_enabled: Option<bool>,
    /// When data were synchronised last.
    pub last_sync: Option<jiff::Timestamp>,
    /// Whether it is switched on: for credentials that somebody typed.
    pub active: Option<bool>,
    /// All settings anew.
    pub settings: Option<Map<String, Value>>,
    /// All metadata anew.
    pub metadata: Option<Map<String, Value>>,
}

/// What is inside, open.
#[derive(Default)]
pub struct Opened {
    /// The settings.
    pub settings: Map<String, Value>,
    /// The metadata.
    pub metadata: Map<String, Value>,
}

/// Does the edit on the row as it is now, and writes down who did, under this name. `None` where the integration is gone.
pub async fn edit(
    app: &App,
    tenant: &Tenant,
    integration: &Integration,
    changes: &Changes,
    (action, by): (&str, By<'_>),
) -> Result<Option<Integration>> {
    let rows = app.store.integrations();
    let entry = Slot::of(tenant, integration).entry(action, by);
    let mut row = integration.clone();
    for _ in 0..ROUNDS {
        let edit = Edit {
            name: changes.name.clone(),
            sync_enabled: changes.sync_enabled,
            last_sync: changes.last_sync.map(jiff::Timestamp::as_second),
            active: changes.active,
            settings: seal(app, tenant, &row, at::SETTINGS, changes.settings.as_ref()).await?,
            metadata: seal(app, tenant, &row, at::METADATA, changes.metadata.as_ref()).await?,
        };
        if let Some(edited) = rows.edit(&row, &edit, &entry).await? {
            return Ok(Some(edited));
        }
        match rows.at(&row.key(), true).await? {
            Some(found) if found.id == integration.id => row = found,
            _ => return Ok(None),
        }
    }
    Err(Error::new(Code::Conflict, "This integration is being changed by somebody else; try again"))
}

/// Opens settings and metadata.
pub async fn open(app: &App, tenant: &Tenant, integration: &Integration) -> Result<Opened> {
    let of = async |field: &'static str, sealed: Option<&Sealed>, rev: Option<u64>| {
        let (Some(sealed), Some(rev)) = (sealed, rev) else { return Ok(Map::new()) };
        let text = app.vault.open(&integration.setting_place(tenant, field, rev), sealed).await?;
        serde_json::from_str(text.expose()).map_err(Error::internal)
    };
    Ok(Opened {
        settings: of(at::SETTINGS, integration.settings.as_ref(), integration.settings_rev).await?,
        metadata: of(at::METADATA, integration.metadata.as_ref(), integration.metadata_rev).await?,
    })
}

async fn seal(
    app: &App,
    tenant: &Tenant,
    row: &Integration,
    field: &'static str,
    clear: Option<&Map<String, Value>>,
) -> Result<Option<Sealed>> {
    let Some(clear) = clear else { return Ok(None) };
    sealed(app, &row.setting_place(tenant, field, row.next_rev()), clear).await.map(Some)
}

/// Members as they are stored in a place.
pub(crate) async fn sealed(app: &App, place: &Place<'_>, clear: &Map<String, Value>) -> Result<Sealed> {
    let text = Secret::new(serde_json::to_string(clear).map_err(Error::internal)?);
    Ok(app.vault.seal(place, text.expose().as_bytes()).await?)
}
