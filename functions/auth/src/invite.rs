//! Invites somebody into the caller's organisation, by e-mail.

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{FreshCaller, Right, Role, organisation},
    http::{ClientIp, Error, FieldError, Problem, Valid, Validate},
    id::RequestId,
    store::invitations::Invitation,
};
use utoipa::ToSchema;

/// Who shall come.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Invite {
    /// The address that the link goes to, and the only one that may accept it.
    email: String,
    /// What the person will be; `member` if nothing is said.
    #[serde(default = "member")]
    role: Role,
}

fn member() -> Role {
    Role::Member
}

impl Validate for Invite {
    fn validate(&self, _: &mut Vec<FieldError>) {}
}

/// An invitation. Its link is in the mail alone.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationView {
    id: String,
    email: String,
    role: Role,
    /// Who invited.
    invited_by: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Until when it can be accepted.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl InvitationView {
    pub(crate) fn new(invitation: Invitation) -> Result<Self, Error> {
        Ok(Self {
            id: invitation.id.into(),
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by.into(),
            created_at: invitation.created_at,
            expires_at: Timestamp::from_second(invitation.expires).map_err(Error::internal)?,
        })
    }
}

/// Invite somebody
#[utoipa::path(
    post, path = "/api/auth/invitations", operation_id = "auth.invite", tag = "organisation",
    request_body = Invite,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Invited; the mail is on its way", body = InvitationView),
        (status = 400, description = "No such role, or not an address", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may, whose own address is proven", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "A member or invited already, or the organisation is full", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many invitations", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn invite(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    ip: ClientIp,
    Valid(body): Valid<Invite>,
) -> Result<Json<InvitationView>, Error> {
    caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let invitation = organisation::invite(&app, &caller, ip, (&body.email, body.role), &request).await?;
    Ok(Json(InvitationView::new(invitation)?))
}
