//! Lists the invitations of the caller's organisation that can still be accepted.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Right},
    http::{Error, Problem},
};
use utoipa::ToSchema;

use crate::{invite::InvitationView, members::Behind};

/// Invitations on one page, also those that were used.
const PAGE: i32 = 100;

/// A page of open invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitations {
    /// Without their links.
    invitations: Vec<InvitationView>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// List invitations
#[utoipa::path(
    get, path = "/api/auth/invitations", operation_id = "auth.invitations", tag = "organisation",
    params(Behind),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "A page of the open ones", body = Invitations),
        (status = 400, description = "Not a cursor", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn invitations(
    State(app): State<App>,
    caller: Caller,
    Query(behind): Query<Behind>,
) -> Result<Json<Invitations>, Error> {
    caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let page = app.store.open_invitations(caller.org(), behind.id()?.as_ref(), PAGE).await?;
    let invitations = page.invitations.into_iter().map(InvitationView::new).collect::<Result<_, _>>()?;
    Ok(Json(Invitations { invitations, next_cursor: page.next.map(String::from) }))
}
