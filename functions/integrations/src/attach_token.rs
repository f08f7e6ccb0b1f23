//! `integrations.attach_token`: D2's front end hands over Google tokens that it got by itself.

use axum::{Json, extract::State};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Members, Problem, Result},
    oauth::entry::{Handed, Typed},
    providers::Values,
};
use utoipa::ToSchema;

use crate::{credentials::provider as named, save::keep};

/// The provider that these tokens are for.
const PROVIDER: &str = "google_calendar";

/// They are kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Attached {
    success: bool,
    message: &'static str,
}

/// Tests tokens for Google Calendar and keeps them.
#[utoipa::path(
    post, path = "/api/google-calendar/attach-token", operation_id = "integrations.attach_token", tag = "integrations",
    request_body(content = Object, description = "`accessToken`, `refreshToken`, `tokenExpiry`"),
    responses(
        (status = 200, body = Attached),
        (status = 400, description = "The token does not work", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller, Members(body): Members) -> Result<Json<Attached>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let provider = named(&app, PROVIDER)?;
    caller.may_use_provider(provider.slug())?;
    let handed = Handed::read(&app, &provider, &body)?;
    keep(&app, &caller, &provider, caller.label(None)?, Typed::Tokens(handed, Values::new())).await?;
    Ok(Json(Attached { success: true, message: "Google Calendar connected" }))
}
