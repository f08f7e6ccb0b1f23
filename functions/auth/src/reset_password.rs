//! Sets a new password by the token of a mail, and ends all sessions.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{
        password::{LONGEST, SHORTEST},
        recovery,
    },
    http::{ClientIp, Error, FieldError, Problem, Valid, Validate},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::Done;

/// What the mail brought, and the new password.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Reset {
    /// The token in the mail's link.
    #[schema(value_type = String)]
    token: Secret<String>,
    /// 8 to 1024 bytes.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

impl Validate for Reset {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        if !(SHORTEST..=LONGEST).contains(&self.password.expose().len()) {
            let detail = format!("A password has {SHORTEST} to {LONGEST} bytes");
            errors.push(FieldError { pointer: "/password".to_owned(), detail });
        }
    }
}

/// Set a new password
#[utoipa::path(
    post, path = "/api/auth/password/reset", operation_id = "auth.reset_password", tag = "auth",
    request_body = Reset,
    responses(
        (status = 200, description = "Set; all sessions have ended", body = Done),
        (status = 400, description = "The link is used or too old, or the password not acceptable", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn reset_password(
    State(app): State<App>,
    ip: ClientIp,
    Valid(body): Valid<Reset>,
) -> Result<Json<Done>, Error> {
    recovery::reset(&app, ip, &body.token, &body.password).await?;
    Ok(Json(Done { message: "Your password is set; sign in with it" }))
}
