//! Makes an account with a personal team, and signs it in.

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::sign_in::{self, NewAccount},
    http::{ClientIp, Error, FieldError, Problem, Valid, Validate},
    id::RequestId,
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::{self, SignedIn};

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Register {
    /// An address nobody has registered yet.
    email: String,
    /// 8 to 1024 bytes.
    #[schema(value_type = String, format = Password)]
    password: Secret<String>,
    /// The name shown; `fullName` and `name` are taken too.
    #[serde(alias = "fullName", alias = "name")]
    full_name: String,
    /// The token of an invitation to this address: the account is made in the organisation that invited.
    #[schema(value_type = Option<String>)]
    invitation: Option<Secret<String>>,
}

impl Validate for Register {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let Self { email, password, full_name, .. } = self;
        NewAccount { email, password, full_name }.validate(errors);
    }
}

/// Register
#[utoipa::path(
    post, path = "/api/auth/register", operation_id = "auth.register", tag = "auth",
    request_body = Register,
    responses(
        (status = 200, description = "Registered and signed in", body = SignedIn),
        (status = 400, description = "E-mail taken, or not acceptable", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "Body too large", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many accounts from this address", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn register(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    ip: ClientIp,
    headers: HeaderMap,
    Valid(body): Valid<Register>,
) -> Result<Response, Error> {
    let new = NewAccount { email: &body.email, password: &body.password, full_name: body.full_name.trim() };
    let user = sign_in::register(&app, ip, &new, body.invitation.as_ref(), &request).await?;
    view::sign_in(&app, &headers, user).await
}
