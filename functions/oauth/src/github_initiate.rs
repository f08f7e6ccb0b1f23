//! `oauth.github_initiate`: D2's way to begin to connect GitHub.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Asker, Caller},
    http::{Input, Problem, Result, field},
};
use url::Url;
use utoipa::ToSchema;

use crate::start::{Start, begin};

/// For whom.
#[derive(Deserialize, ToSchema)]
#[schema(as = GithubInitiate)]
pub(crate) struct Initiate {
    /// The user; the caller if nothing is said.
    #[serde(alias = "userId")]
    user_id: Option<String>,
    /// Where GitHub sends the browser: on our address or the front end's. Ours if nothing is said.
    #[serde(default, alias = "redirectUri", deserialize_with = "field::maybe_address")]
    redirect_uri: Option<Url>,
    /// Where the browser goes when all is done.
    #[serde(default, alias = "returnUrl", deserialize_with = "field::maybe_address")]
    return_url: Option<Url>,
}

/// Where to send the browser.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GithubInitiated)]
pub(crate) struct Initiated {
    success: bool,
    auth_url: Url,
    /// Comes back with the code.
    state: String,
}

/// Begins to connect GitHub.
#[utoipa::path(
    post, path = "/api/auth/github/initiate", operation_id = "oauth.github_initiate", tag = "oauth",
    request_body = Option<Initiate>,
    responses(
        (status = 200, body = Initiated),
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
    let wanted = Start::at(body.redirect_uri, body.return_url);
    let (started, cookie) = begin(&app, &caller, "github", &headers, wanted).await?;
    let auth_url = started.auth_url;
    let state = auth_url.query_pairs().find(|(name, _)| name == "state").map(|(_, state)| state.into_owned());
    let answer = Initiated { success: true, state: state.unwrap_or_default(), auth_url };
    Ok((cookie, Json(answer)).into_response())
}

/// The caller, where the body names nobody else; a service key may act for whom it names.
pub(crate) async fn meant(app: &App, asker: Asker, named: Option<&str>) -> Result<Caller> {
    let caller = asker.about(app, named).await?;
    match (named, caller.user_id()) {
        (None | Some("me"), _) => Ok(caller),
        (Some(named), Some(own)) if named == own.as_str() => Ok(caller),
        (Some(named), _) => caller.on_behalf_of(app, named).await,
    }
}
