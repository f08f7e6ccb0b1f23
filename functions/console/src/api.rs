//! `console.api`: D3's "here I am" under `/api/`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// D3's answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Greeting {
    message: &'static str,
    version: &'static str,
}

/// Says that the API is here.
#[utoipa::path(
    get, path = "/api", operation_id = "console.api", tag = "console",
    responses((status = 200, body = Greeting)),
)]
pub(crate) async fn handle() -> Json<Greeting> {
    Json(Greeting { message: "Postern API", version: env!("CARGO_PKG_VERSION") })
}
