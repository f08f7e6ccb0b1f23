//! `integrations.show`: what is known of a credential, without its secret.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Problem, Result},
};
use utoipa::ToSchema;

use crate::credentials::{Label, Slot, slot};

/// A stored credential's facts.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    /// As it was asked for: by its id or an alias.
    provider_id: String,
    connected: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_tested: Option<Timestamp>,
}

/// Tells what is known of a stored credential.
#[utoipa::path(
    get, path = "/api/integrations/{providerId}/credentials", operation_id = "integrations.show", tag = "integrations",
    params(("providerId" = String, Path), Label),
    responses(
        (status = 200, body = Shown),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(asked): Path<String>,
    Query(label): Query<Label>,
) -> Result<Json<Shown>> {
    caller.require_scope(Scope::IntegrationsRead)?;
    let Slot { provider, label } = slot(&app, &caller, &asked, &label).await?;
    let found = app.store.integrations().get(caller.tenant(), provider.slug(), &label).await?;
    let integration = found.ok_or_else(|| Error::not_found("Credentials not found"))?;
    Ok(Json(Shown {
        connected: integration.connected(),
        connected_at: integration.connected_at,
        expires_at: integration.expires_at,
        last_tested: integration.last_tested_at,
        provider_id: asked,
    }))
}
