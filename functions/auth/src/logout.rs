//! Ends the session that the request came by, with all tokens of it.

use axum::{Json, extract::State, response::Response};
use shared::{
    app::App,
    auth::{Caller, session},
    http::{Error, Problem},
};

use crate::view::{Done, with_cookie};

/// Log out
///
/// The refresh token is good no more at once, access tokens within a minute.
#[utoipa::path(
    post, path = "/api/auth/logout", operation_id = "auth.logout", tag = "auth",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Logged out", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key cannot log out", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn logout(State(app): State<App>, caller: Caller) -> Result<Response, Error> {
    caller.require_person()?;
    let cookie = session::end(&app, &caller).await?;
    Ok(with_cookie(cookie, Json(Done { message: "Successfully logged out" })))
}
