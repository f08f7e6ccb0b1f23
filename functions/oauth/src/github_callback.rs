//! `oauth.github_callback`: D2's front end hands in what GitHub sent it.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::Asker,
    http::{Input, Problem, Result},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::{
    finish::{Finish, redeemed},
    github_initiate::meant,
};

/// What GitHub sent; in the query or in the body.
#[derive(Deserialize, ToSchema)]
#[schema(as = GithubReturned)]
pub(crate) struct Returned {
    /// To be exchanged for a token.
    #[schema(value_type = Option<String>)]
    code: Option<Secret<String>>,
    /// The user or GitHub said no.
    error: Option<String>,
    /// Names the handshake.
    state: String,
    /// The user; the caller if nothing is said.
    #[serde(alias = "userId")]
    user_id: Option<String>,
}

/// It is connected.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GithubConnected {
    success: bool,
    message: &'static str,
    github_user: GithubUser,
}

/// Whose account it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GithubUser {
    username: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
}

/// Exchanges GitHub's code for the user who started.
#[utoipa::path(
    post, path = "/api/auth/github/callback", operation_id = "oauth.github_callback", tag = "oauth",
    request_body = Returned,
    responses(
        (status = 200, body = GithubConnected),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "For somebody else", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Asker,
    Input(body): Input<Returned>,
) -> Result<Json<GithubConnected>> {
    let caller = meant(&app, asker, body.user_id.as_deref()).await?;
    let returned =
        Finish { state: body.state, code: body.code, error: body.error, iss: None, told: serde_json::Map::new() };
    let external = redeemed(&app, &caller, returned, Some("github")).await?.external;
    let github_user = GithubUser { username: external.username, email: external.email, avatar_url: external.avatar };
    Ok(Json(GithubConnected { success: true, message: "GitHub connected successfully", github_user }))
}
