//! Takes an invitation back: its link leads nowhere from now on.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{FreshCaller, Right},
    http::{Error, Problem},
    id::{InvitationId, RequestId},
    store::audit,
};

use crate::view::Done;

/// Take an invitation back
#[utoipa::path(
    delete, path = "/api/auth/invitations/{id}", operation_id = "auth.take_invitation_back", tag = "organisation",
    params(("id" = String, Path, description = "The invitation's id")),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Taken back", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only an administrator may", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such open invitation", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn take_invitation_back(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Path(id): Path<String>,
) -> Result<Json<Done>, Error> {
    let person = caller.require_person()?;
    caller.require(Right::ManageOrganisation)?;
    let unknown = || Error::not_found("Invitation not found");
    let id: InvitationId = id.parse().map_err(|_| unknown())?;
    let found = app.store.invitation(caller.org(), &id).await?;
    found.filter(|found| found.is_open(app.clock.epoch())).ok_or_else(unknown)?;
    let entry = audit::Entry {
        org: caller.org(),
        actor: person.as_str(),
        action: "invitation.take_back",
        subject: id.as_str(),
        request: Some(&request),
    };
    app.store.take_invitation_back(caller.org(), &id, &entry.about([])).await?;
    Ok(Json(Done { message: "Invitation taken back" }))
}
