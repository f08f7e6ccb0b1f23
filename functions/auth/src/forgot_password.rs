//! Has a mail sent by which somebody sets a new password. The answer is the same for every address.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    app::App,
    auth::recovery,
    http::{ClientIp, Error, FieldError, Problem, Valid, Validate},
};
use utoipa::ToSchema;

use crate::view::Done;

/// Whose password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Forgot {
    /// The address registered with.
    email: String,
}

impl Validate for Forgot {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Ask for a new password
#[utoipa::path(
    post, path = "/api/auth/password/forgot", operation_id = "auth.forgot_password", tag = "auth",
    request_body = Forgot,
    responses(
        (status = 200, description = "A mail is on its way, if anybody has this address", body = Done),
        (status = 400, description = "Not an address", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many mails", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn forgot_password(
    State(app): State<App>,
    ip: ClientIp,
    Valid(body): Valid<Forgot>,
) -> Result<Json<Done>, Error> {
    recovery::ask_reset(&app, ip, &body.email).await?;
    Ok(Json(Done { message: "If anybody has this address, a mail is on its way" }))
}
