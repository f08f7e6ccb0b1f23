//! Accepts an invitation with an account that is there already.

use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{FreshCaller, organisation},
    http::{Error, FieldError, Problem, Valid, Validate},
    id::RequestId,
    secret::Secret,
};
use utoipa::ToSchema;

use crate::view::{self, SignedIn};

/// What the mail brought.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Accept {
    /// The token in the mail's link.
    #[schema(value_type = String)]
    token: Secret<String>,
}

impl Validate for Accept {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Accept an invitation
///
/// For the user of the very address that was invited. Nothing moves along: what is connected in the former organisation
/// must be ended first. All sessions end; the answer is a new one.
#[utoipa::path(
    post, path = "/api/auth/invitations/accept", operation_id = "auth.accept_invitation", tag = "organisation",
    request_body = Accept,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Joined, and signed in there", body = SignedIn),
        (status = 400, description = "Used, taken back, too old, or for another address", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key joins nothing", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Something is left behind, or the organisation is full", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn accept_invitation(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    headers: HeaderMap,
    Valid(body): Valid<Accept>,
) -> Result<Response, Error> {
    let person = caller.require_person()?;
    let user = organisation::accept(&app, person, &body.token, &request).await?;
    view::sign_in(&app, &headers, user).await
}
