//! Gives the next tokens for a refresh token.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    app::App,
    auth::session,
    http::{Error, FieldError, Problem, Valid, Validate},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::Refreshed;

/// The token to use up.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Refresh {
    /// From the sign-in or the last refresh; `refreshToken` is taken too.
    #[serde(alias = "refreshToken")]
    #[schema(value_type = String)]
    refresh_token: Secret<String>,
}

impl Validate for Refresh {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Refresh the session
///
/// The same token sent again within ten seconds gets the same answer; later, it ends the session.
#[utoipa::path(
    post, path = "/api/auth/refresh", operation_id = "auth.refresh", tag = "auth",
    request_body = Refresh,
    responses(
        (status = 200, description = "The next tokens", body = Refreshed),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not a refresh token, or not a good one", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn refresh(State(app): State<App>, Valid(body): Valid<Refresh>) -> Result<Json<Refreshed>, Error> {
    Ok(Json(session::refresh(&app, &body.refresh_token).await?.into()))
}
