//! Tells who is signed in.

use axum::{Json, extract::State};
use shared::{
    app::App,
    auth::Caller,
    http::{Code, Error, Problem},
};

use crate::view::UserView;

/// Who am I
#[utoipa::path(
    get, path = "/api/auth/me", operation_id = "auth.me", tag = "auth",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The user who is signed in", body = UserView),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key is nobody", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<UserView>, Error> {
    let id = caller.require_person()?;
    let user = app.store.user(id, true).await?;
    let user = user.ok_or_else(|| Error::new(Code::Unauthenticated, "User not found"))?;
    Ok(Json(user.into()))
}
