//! `integrations.google_calendar_status`: D2's view of one user's Google Calendar connection.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::{Asker, Scope},
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
    asker: Asker,
    Path(user): Path<String>,
) -> Result<Json<GoogleCalendarStatus>> {
    told(&app, asker, &user, "google_calendar").await
}

/// The same of Google Drive.
#[utoipa::path(
    get, path = "/api/google-drive/status/{userId}", operation_id = "integrations.google_drive_status", tag = "integrations",
    params(("userId" = String, Path)),
    responses(
        (status = 200, body = GoogleCalendarStatus),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-alias-of" = json!("integrations.google_calendar_status"))),
)]
pub(crate) async fn google_drive(
    State(app): State<App>,
    asker: Asker,
    Path(user): Path<String>,
) -> Result<Json<GoogleCalendarStatus>> {
    told(&app, asker, &user, "google_drive").await
}

async fn told(app: &App, asker: Asker, user: &str, provider: &str) -> Result<Json<GoogleCalendarStatus>> {
    let caller = asker.about(app, Some(user)).await?;
    caller.require_scope(Scope::IntegrationsRead)?;
    caller.may_use_provider(provider)?;
    let tenant = caller.self_or_admin(app, user).await?;
    let found = app.store.integrations().get(&tenant, provider, caller.label(None)?).await?;
    let Linked { connected, email, token_expiry, avatar_url, .. } = Linked::new(found.as_ref());
    Ok(Json(GoogleCalendarStatus { success: true, connected, email, token_expiry, avatar_url }))
}
