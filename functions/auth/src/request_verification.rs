//! Has another mail sent by which the caller proves the e-mail address.

use axum::{Json, extract::State};
use shared::{
    app::App,
    auth::{Caller, recovery},
    http::{Error, Problem},
};

use crate::view::Done;

/// Ask for a mail that proves one's address
#[utoipa::path(
    post, path = "/api/auth/verify-email/request", operation_id = "auth.request_verification", tag = "auth",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "On its way, unless the address is proven", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key has no address", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many mails", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn request_verification(State(app): State<App>, caller: Caller) -> Result<Json<Done>, Error> {
    recovery::ask_verification(&app, caller.require_person()?).await?;
    Ok(Json(Done { message: "If your address is not proven yet, a mail is on its way" }))
}
