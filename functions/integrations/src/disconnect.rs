//! `integrations.disconnect`: lets a connection go, by its provider. Local first; the provider is told by a job.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{FreshCaller, Scope},
    http::{Error, Problem, Result},
    oauth,
};
use utoipa::ToSchema;

use crate::credentials::{Label, provider as named};

/// It is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Disconnected {
    success: bool,
    message: &'static str,
}

/// Disconnects the caller from a provider and forgets the credential.
#[utoipa::path(
    delete, path = "/api/integrations/{providerId}/credentials", operation_id = "integrations.disconnect", tag = "integrations",
    params(("providerId" = String, Path), Label),
    responses(
        (status = 200, body = Disconnected),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshCaller(caller): FreshCaller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
) -> Result<Json<Disconnected>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let provider = named(&app, &provider)?;
    caller.may_use_provider(provider.slug())?;
    let found = app.store.integrations().get(caller.tenant(), provider.slug(), label.get()?).await?;
    let integration = found.ok_or_else(|| Error::not_found("Credentials not found"))?;
    oauth::connect::disconnect(&app, caller.tenant(), caller.actor(), &integration).await?;
    Ok(Json(Disconnected { success: true, message: "Credentials deleted" }))
}
