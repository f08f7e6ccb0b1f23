//! Lists the invitations of the caller's organisation that can still be accepted.

use axum::{Json, extract::State};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Right},
    http::{Error, Problem},
};
use utoipa::ToSchema;

use crate::invite::InvitationView;

/// Open invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitations {
    /// Without their links.
    invitations: Vec<InvitationView>,
}

/// List invitations
#[utoipa::path(
    get, path = "/api/auth/invitations", operation_id = "auth.invitations", tag = "organisation",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The open ones", body = Invitations),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn invitations(State(app): State<App>, caller: Caller) -> Result<Json<Invitations>, Error> {
    caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let open = app.store.open_invitations(caller.org()).await?;
    let invitations = open.into_iter().map(InvitationView::new).collect::<Result<_, _>>()?;
    Ok(Json(Invitations { invitations }))
}
