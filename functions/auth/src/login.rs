//! Signs in with e-mail address and password.

use axum::{extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{password::LONGEST, sign_in},
    http::{ClientIp, Error, FieldError, Problem, Valid, Validate},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::{self, SignedIn};

/// Who wants in.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Login {
    /// The address registered with.
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
}

impl Validate for Login {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        if self.password.expose().len() > LONGEST {
            let detail = format!("A password has at most {LONGEST} bytes");
            errors.push(FieldError { pointer: "/password".to_owned(), detail });
        }
    }
}

/// Log in
#[utoipa::path(
    post, path = "/api/auth/login", operation_id = "auth.login", tag = "auth",
    request_body = Login,
    responses(
        (status = 200, description = "Signed in", body = SignedIn),
        (status = 400, description = "Malformed", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Invalid credentials, or account deactivated", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Banned for a while", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn login(
    State(app): State<App>,
    ip: ClientIp,
    headers: HeaderMap,
    Valid(body): Valid<Login>,
) -> Result<Response, Error> {
    let user = sign_in::by_password(&app, ip, &body.email, &body.password).await?;
    view::sign_in(&app, &headers, user).await
}
