//! Leaves the caller's organisation for a new one of their own.

use axum::{Extension, Json, extract::State};
use shared::{
    app::App,
    auth::{FreshCaller, organisation},
    http::{Error, Problem},
    id::RequestId,
};

use crate::view::Done;

/// Leave one's organisation
///
/// All sessions end, this one included, and what was connected here is ended. The account stays, in a new organisation of
/// its own.
#[utoipa::path(
    post, path = "/api/auth/organisation/leave", operation_id = "auth.leave", tag = "organisation",
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "Left", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key cannot leave", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The last administrator stays", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn leave(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
) -> Result<Json<Done>, Error> {
    let own = caller.require_person()?.clone();
    organisation::send_off(&app, &caller, &own, &request).await?;
    Ok(Json(Done { message: "You left the organisation; sign in again" }))
}
