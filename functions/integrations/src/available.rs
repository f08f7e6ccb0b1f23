//! `integrations.available`: what can be connected. Public: it is the shop window.

use axum::{Json, extract::State};
use serde::Serialize;
use shared::{app::App, http::Result, providers::Provider};
use utoipa::ToSchema;

/// One provider of the catalogue.
#[derive(Serialize, ToSchema)]
pub(crate) struct Available {
    /// The provider's id.
    #[serde(rename = "type")]
    slug: String,
    name: String,
    category: String,
    capabilities: Vec<String>,
    webhook_events: Vec<String>,
    /// `oauth2`, `api_key`.
    auth: Vec<&'static str>,
}

/// Lists the catalogue.
#[utoipa::path(
    get, path = "/api/integrations/available", operation_id = "integrations.available", tag = "integrations",
    responses((status = 200, body = Vec<Available>)),
)]
pub(crate) async fn handle(State(app): State<App>) -> Result<Json<Vec<Available>>> {
    // A bad file of the operator's hides that provider alone; start-up and the log say why.
    let offered = app.catalogue.list().map(|provider| Available {
        slug: provider.slug().to_owned(),
        name: provider.name().to_owned(),
        category: provider.file().category.clone(),
        capabilities: provider.file().capabilities.clone(),
        webhook_events: provider.file().webhook_events.clone(),
        auth: auth(&provider),
    });
    Ok(Json(offered.collect()))
}

fn auth(provider: &Provider) -> Vec<&'static str> {
    let kinds = [provider.oauth2().map(|_| "oauth2"), provider.api_key().map(|_| "api_key")];
    kinds.into_iter().flatten().collect()
}
