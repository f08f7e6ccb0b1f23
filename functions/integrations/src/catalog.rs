//! `integrations.catalog`: D2's rows of `CommonType`, for those of its integrations that can be connected here.

use axum::{Json, extract::State};
use serde::Serialize;
use shared::{
    app::App,
    auth::Caller,
    http::{Problem, Result},
};
use utoipa::ToSchema;

/// A row as D2 has it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CommonType {
    value: u32,
    code: &'static str,
    master_type: &'static str,
    description: &'static str,
    fa_icon: &'static str,
}

/// Number, code, description and icon: what D2's front ends and data know them by.
const ROWS: [(u32, &str, &str, &str); 10] = [
    (1, "github", "GitHub", "FaGithub"),
    (2, "google_calendar", "Google Calendar", "FaCalendarAlt"),
    (3, "google_meet", "Google Meet", "FaVideo"),
    (4, "google_drive", "Google Drive", "FaGoogleDrive"),
    (5, "dropbox", "Dropbox", "FaDropbox"),
    (6, "slack", "Slack", "FaSlack"),
    (7, "zoom", "Zoom", "FaVideo"),
    (8, "microsoft_teams", "Microsoft Teams", "FaMicrosoft"),
    (9, "onedrive", "OneDrive", "FaMicrosoft"),
    (10, "microsoft_outlook", "Microsoft Outlook", "FaMicrosoft"),
];

/// Lists what can be connected, as D2 knows it.
#[utoipa::path(
    get, path = "/api/integrations/catalog", operation_id = "integrations.catalog", tag = "integrations",
    responses(
        (status = 200, body = Vec<CommonType>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, _: Caller) -> Result<Json<Vec<CommonType>>> {
    let offered = ROWS.into_iter().filter(|(_, code, ..)| app.provider(code).is_ok());
    let rows = offered.map(|(value, code, description, fa_icon)| CommonType {
        value,
        code,
        master_type: "Integrations",
        description,
        fa_icon,
    });
    Ok(Json(rows.collect()))
}
