//! Removes a member from the caller's organisation: their sessions end, and what they had connected here is ended.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{FreshCaller, Right, organisation},
    http::{Error, Problem},
    id::RequestId,
};

use crate::view::Done;

/// Remove a member
///
/// The person keeps the account, in a new organisation of their own.
#[utoipa::path(
    delete, path = "/api/auth/organisation/members/{id}", operation_id = "auth.remove_member", tag = "organisation",
    params(("id" = String, Path, description = "The member's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Removed", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such member", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last administrator stays", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn remove_member(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Path(id): Path<String>,
) -> Result<Json<Done>, Error> {
    caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let id = id.parse().map_err(|_| Error::not_found("Member not found"))?;
    organisation::send_off(&app, &caller, &id, &request).await?;
    Ok(Json(Done { message: "Member removed" }))
}
