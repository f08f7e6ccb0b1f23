//! `integrations.save`: tests a typed credential, then keeps it, sealed.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use serde_json::Value;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Members, Problem, Result},
    oauth::{self, connect::By, entry::Typed},
    providers::{Provider, hooks::Desk},
};
use utoipa::ToSchema;

use crate::credentials::{Label, Slot, slot, typed};

/// The credential works and is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Saved {
    success: bool,
    message: &'static str,
    /// Whose account it is.
    #[serde(rename = "testData")]
    #[schema(value_type = Object)]
    test_data: Value,
}

/// Tests a credential and saves it. One that does not work is not kept.
#[utoipa::path(
    post, path = "/api/integrations/{providerId}/credentials", operation_id = "integrations.save", tag = "integrations",
    params(("providerId" = String, Path), Label),
    request_body(content = Object, description = "`{\"credentials\": {…}}`, or the bare credentials"),
    responses(
        (status = 200, body = Saved),
        (status = 400, description = "The credential does not work, or is not of the provider's shape", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
    Members(body): Members,
) -> Result<Json<Saved>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let Slot { provider, label } = slot(&app, &caller, &provider, &label).await?;
    let typed =
        typed(&app, &provider, body)?.ok_or_else(|| Error::field("/credentials", "No credentials were sent"))?;
    let test_data = keep(&app, &caller, &provider, &label, typed).await?;
    Ok(Json(Saved { success: true, message: "Credentials saved and validated", test_data }))
}

/// Tests a credential and keeps it; tells whose account it is.
pub(crate) async fn keep(app: &App, caller: &Caller, provider: &Provider, label: &str, typed: Typed) -> Result<Value> {
    let desk = Desk { app, tenant: caller.tenant(), provider, label, keeps: true };
    oauth::keep(&desk, By { actor: caller.actor(), request: None }, typed).await
}
