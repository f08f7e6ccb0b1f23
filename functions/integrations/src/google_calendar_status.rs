//! `integrations.google_calendar_status`: D2's view of one user's Google Calendar connection.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result},
};
use utoipa::ToSchema;

use crate::view::Linked;

/// D2's answer, flat.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoogleCalendarStatus {
    success: bool,
    connected: bool,
    email: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expiry: Option<Timestamp>,
    avatar_url: Option<String>,
}

/// Tells whether this user is connected to Google Calendar. `me` is the caller.
#[utoipa::path(
    get, path = "/api/google-calendar/status/{userId}", operation_id = "integrations.google_calendar_status", tag = "integrations",
    params(("userId" = String, Path)),
    responses(
        (status = 200, body = GoogleCalendarStatus),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<String>,
) -> Result<Json<GoogleCalendarStatus>> {
    caller.require_scope(Scope::IntegrationsRead)?;
    caller.may_use_provider("google_calendar")?;
    let tenant = caller.self_or_admin(&app, &user).await?;
    let found = app.store.integrations().get(&tenant, "google_calendar", "default").await?;
    let Linked { connected, email, token_expiry, avatar_url, .. } = Linked::new(found.as_ref());
    Ok(Json(GoogleCalendarStatus { success: true, connected, email, token_expiry, avatar_url }))
}
