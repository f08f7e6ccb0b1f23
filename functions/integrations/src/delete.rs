//! `integrations.delete`: lets a connection go, by its id; a provider's id is taken as well.

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, FreshCaller, Scope},
    http::{Error, Problem, Result},
    id::IntegrationId,
    oauth,
    store::integrations::Integration,
};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    message: &'static str,
}

/// Deletes an integration of the caller's.
#[utoipa::path(
    delete, path = "/api/integrations/{id}", operation_id = "integrations.delete", tag = "integrations",
    params(("id" = String, Path, description = "An integration's id, or a provider's")),
    responses(
        (status = 200, body = Deleted),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Integration not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshCaller(caller): FreshCaller,
    Path(id): Path<String>,
) -> Result<Json<Deleted>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let found = find(&app, &caller, &id).await?.ok_or_else(|| Error::not_found("Integration not found"))?;
    caller.may_use_provider(&found.provider)?;
    caller.label(Some(&found.label))?;
    oauth::connect::disconnect(&app, caller.tenant(), caller.actor(), &found).await?;
    Ok(Json(Deleted { message: "Integration deleted successfully" }))
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Option<Integration>> {
    if let Ok(id) = id.parse::<IntegrationId>() {
        return Ok(app.store.integrations().by_id(caller.tenant(), &id).await?);
    }
    match app.provider(id) {
        Ok(provider) => Ok(app.store.integrations().get(caller.tenant(), provider.slug(), caller.label(None)?).await?),
        Err(_) => Ok(None),
    }
}
