//! `console.health`: whether all is well, as D3's clients ask it.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::Serialize;
use shared::app::App;
use utoipa::ToSchema;

/// D3's answer, and what was looked at.
#[derive(Serialize, ToSchema)]
pub(crate) struct Health {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
    version: &'static str,
    /// What was looked at, and whether it answered.
    checks: BTreeMap<&'static str, &'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Tells whether the service can do its work.
#[utoipa::path(
    get, path = "/health", operation_id = "console.health", tag = "console",
    responses((status = 200, body = Health), (status = 503, body = Health)),
)]
pub(crate) async fn handle(State(app): State<App>) -> Response {
    let database = app.store.answers().await;
    let health = Health {
        status: if database { "healthy" } else { "unhealthy" },
        timestamp: app.clock.now(),
        version: env!("CARGO_PKG_VERSION"),
        checks: BTreeMap::from([("database", if database { "ok" } else { "down" })]),
        error: (!database).then_some("The database does not answer"),
    };
    let status = if database { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(health)).into_response()
}

/// The same under `/api`.
#[utoipa::path(
    get, path = "/api/health", operation_id = "console.health_under_api", tag = "console",
    responses((status = 200, body = Health), (status = 503, body = Health)),
    extensions(("x-alias-of" = json!("console.health"))),
)]
pub(crate) async fn under_api(app: State<App>) -> Response {
    handle(app).await
}
