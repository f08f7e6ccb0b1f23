//! Takes the token of a mail that proves an address.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    app::App,
    auth::recovery,
    http::{Error, FieldError, Problem, Valid, Validate},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::Done;

/// What the mail brought.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Verify {
    /// The token in the mail's link.
    #[schema(value_type = String)]
    token: Secret<String>,
}

impl Validate for Verify {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Prove an address
#[utoipa::path(
    post, path = "/api/auth/verify-email", operation_id = "auth.verify_email", tag = "auth",
    request_body = Verify,
    responses(
        (status = 200, description = "Proven", body = Done),
        (status = 400, description = "The link is used or too old", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn verify_email(State(app): State<App>, Valid(body): Valid<Verify>) -> Result<Json<Done>, Error> {
    recovery::verify(&app, &body.token).await?;
    Ok(Json(Done { message: "Your e-mail address is proven" }))
}
