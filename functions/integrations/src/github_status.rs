//! `integrations.github_status`: D2's view of one user's GitHub connection.

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

/// D2's answer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GithubAnswer {
    success: bool,
    github_status: GithubStatus,
}

/// The connection; nulls where there is none.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GithubStatus {
    connected: bool,
    username: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    connected_at: Option<Timestamp>,
}

/// Tells whether this user is connected to GitHub. `me` is the caller.
#[utoipa::path(
    get, path = "/api/auth/github/status/{userId}", operation_id = "integrations.github_status", tag = "integrations",
    params(("userId" = String, Path)),
    responses(
        (status = 200, body = GithubAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Asker,
    Path(user): Path<String>,
) -> Result<Json<GithubAnswer>> {
    let caller = asker.about(&app, Some(&user)).await?;
    caller.require_scope(Scope::IntegrationsRead)?;
    caller.may_use_provider("github")?;
    let tenant = caller.self_or_admin(&app, &user).await?;
    let found = app.store.integrations().get(&tenant, "github", caller.label(None)?).await?;
    let Linked { connected, username, email, avatar_url, connected_at, .. } = Linked::new(found.as_ref());
    let github_status = GithubStatus { connected, username, email, avatar_url, connected_at };
    Ok(Json(GithubAnswer { success: true, github_status }))
}
