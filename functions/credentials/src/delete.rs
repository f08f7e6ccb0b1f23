//! `credentials.delete`: lets a credential go.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{FreshAsker, Scope},
    http::{Problem, Result},
    oauth::connect,
};
use utoipa::ToSchema;

use crate::{
    find,
    update::Named,
    whose::{by, whose},
};

/// It is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    success: bool,
    message: &'static str,
}

/// Deletes a credential.
#[utoipa::path(
    delete, path = "/api/credentials/{id}", operation_id = "credentials.delete", tag = "credentials",
    params(("id" = String, Path), Named),
    responses(
        (status = 200, body = Deleted),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Result<FreshAsker>,
    Path(id): Path<String>,
    Query(named): Query<Named>,
) -> Result<Json<Deleted>> {
    let caller = by(&app, asker, named.username.as_deref()).await?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let owner = whose(&app, &caller, named.username.as_deref()).await?;
    let (owner, found) = find::by_id(&app, &caller, owner, &id).await?;
    connect::disconnect(&app, &owner.tenant, caller.actor(), &found).await?;
    Ok(Json(Deleted { success: true, message: "Credentials deleted" }))
}
