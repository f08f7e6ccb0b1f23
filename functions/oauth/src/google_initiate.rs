//! `oauth.google_initiate`: D2's way to begin to connect one of Google's services.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::Asker,
    http::{Input, Problem, Result, field},
};
use url::Url;
use utoipa::ToSchema;

use crate::{
    github_initiate::meant,
    start::{Start, begin},
};

/// Which service, and where to go afterwards.
#[derive(Deserialize, ToSchema)]
#[schema(as = GoogleInitiate)]
pub(crate) struct Initiate {
    /// One of Google's services.
    service: Service,
    /// Where the browser goes when all is done; it is told by `googleCalendar=connected` or `googleDrive=connected`.
    #[serde(default, alias = "returnUrl", deserialize_with = "field::maybe_address")]
    return_url: Option<Url>,
    /// Where Google sends the browser: on our address or the front end's. Ours if nothing is said.
    #[serde(default, alias = "redirectUri", deserialize_with = "field::maybe_address")]
    redirect_uri: Option<Url>,
    /// The user; the caller if nothing is said.
    #[serde(alias = "userId")]
    user_id: Option<String>,
}

/// One of Google's services, as D2 names them.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GoogleService)]
enum Service {
    GoogleCalendar,
    GoogleDrive,
}

impl Service {
    fn provider(self) -> &'static str {
        match self {
            Self::GoogleCalendar => "google_calendar",
            Self::GoogleDrive => "google_drive",
        }
    }
}

/// Where to send the browser.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GoogleInitiated {
    success: bool,
    auth_url: Url,
}

/// Begins to connect Google Calendar or Google Drive.
#[utoipa::path(
    post, path = "/api/google/initiate", operation_id = "oauth.google_initiate", tag = "oauth",
    request_body = Initiate,
    responses(
        (status = 200, body = GoogleInitiated),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "For somebody else", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Asker,
    headers: HeaderMap,
    Input(body): Input<Initiate>,
) -> Result<Response> {
    let caller = meant(&app, asker, body.user_id.as_deref()).await?;
    // What D2's app is registered with at Google, unless the front end says another.
    let redirect_uri = match body.redirect_uri {
        Some(told) => told,
        None => app.own_url("/api/google/callback").await?,
    };
    let wanted = Start::at(Some(redirect_uri), body.return_url);
    let (started, cookie) = begin(&app, &caller, body.service.provider(), &headers, wanted).await?;
    Ok((cookie, Json(GoogleInitiated { success: true, auth_url: started.auth_url })).into_response())
}
