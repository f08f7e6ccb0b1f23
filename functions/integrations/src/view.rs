//! One record as each of the older systems' clients reads it. No view holds a secret.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Tenant,
    http::Result,
    id::IntegrationId,
    providers::Provider,
    settings::{self, Opened},
    store::integrations::{Integration, Status},
};
use utoipa::ToSchema;

/// D3's record.
#[derive(Serialize, ToSchema)]
pub(crate) struct Record {
    id: IntegrationId,
    integration_type: String,
    name: String,
    /// `active`, `inactive`, `error` or `pending`.
    status: &'static str,
    #[schema(value_type = Object)]
    settings: Map<String, Value>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    scopes: Vec<String>,
    external_user_id: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sync: Option<Timestamp>,
    sync_enabled: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Tells several integrations of one provider apart.
    label: String,
}

impl Record {
    /// The record with its settings, which are open to their owner.
    pub(crate) async fn open(app: &App, tenant: &Tenant, integration: &Integration) -> Result<Self> {
        let opened = settings::open(app, tenant, integration).await?;
        Ok(Self::new(integration, app.provider(&integration.provider).ok().as_deref(), opened))
    }

    fn new(integration: &Integration, provider: Option<&Provider>, opened: Opened) -> Self {
        let told = integration.name.clone().or_else(|| integration.external.name.clone());
        let name = told.or_else(|| provider.map(|provider| provider.name().to_owned()));
        Self {
            id: integration.id.clone(),
            integration_type: integration.provider.clone(),
            name: name.unwrap_or_else(|| integration.provider.clone()),
            status: match integration.status {
                Status::Active => "active",
                Status::Pending => "pending",
                Status::Inactive | Status::Revoked => "inactive",
                Status::Expired | Status::Error => "error",
            },
            settings: opened.settings,
            metadata: opened.metadata,
            scopes: integration.scopes.clone(),
            external_user_id: integration.external.id.clone(),
            last_sync: integration.last_sync_at,
            sync_enabled: integration.sync_enabled,
            created_at: integration.created_at,
            label: integration.label.clone(),
        }
    }
}

/// D4's entry of the status map.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection {
    connected: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_tested: Option<Timestamp>,
}

impl Connection {
    pub(crate) fn new(integration: &Integration) -> Self {
        Self {
            connected: integration.connected(),
            connected_at: integration.connected_at,
            expires_at: integration.expires_at,
            last_tested: integration.last_tested_at,
        }
    }

    pub(crate) fn none() -> Self {
        Self { connected: false, connected_at: None, expires_at: None, last_tested: None }
    }
}

/// D2's entry; nulls where nothing is connected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Linked {
    pub(crate) connected: bool,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) avatar_url: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) token_expiry: Option<Timestamp>,
}

impl Linked {
    pub(crate) fn new(integration: Option<&Integration>) -> Self {
        let found = integration.filter(|integration| integration.connected());
        let external = found.map(|integration| &integration.external);
        Self {
            connected: found.is_some(),
            username: external.and_then(|external| external.username.clone()),
            email: external.and_then(|external| external.email.clone()),
            avatar_url: external.and_then(|external| external.avatar.clone()),
            connected_at: found.and_then(|integration| integration.connected_at),
            token_expiry: found.and_then(|integration| integration.expires_at),
        }
    }
}
