//! Gives a member of the caller's organisation another role.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{FreshCaller, Right, Role, organisation},
    http::{Error, FieldError, Problem, Valid, Validate},
    id::RequestId,
};
use utoipa::ToSchema;

use crate::members::MemberView;

/// What the member shall be.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewRole {
    /// `admin`, `member` or `guest`.
    role: Role,
}

impl Validate for NewRole {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// Change a member's role
///
/// Other instances may believe the former role for another minute.
#[utoipa::path(
    patch, path = "/api/auth/organisation/members/{id}", operation_id = "auth.change_role", tag = "organisation",
    params(("id" = String, Path, description = "The member's id")),
    request_body = NewRole,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The member as they are now", body = MemberView),
        (status = 400, description = "No such role", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such member", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last administrator stays one", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn change_role(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Path(id): Path<String>,
    Valid(body): Valid<NewRole>,
) -> Result<Json<MemberView>, Error> {
    caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let id = id.parse().map_err(|_| Error::not_found("Member not found"))?;
    let changed = organisation::change_role(&app, &caller, &id, body.role, &request).await?;
    let member = app.store.member(caller.org(), &id).await?;
    Ok(Json(MemberView::new(changed, member.map(|member| member.created_at))))
}
