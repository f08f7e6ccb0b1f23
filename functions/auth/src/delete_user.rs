//! Deletes a managed user, and ends all that was connected for them.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{FreshAsker, Scope, organisation},
    http::{Error, Problem},
    id::RequestId,
    queue,
    store::audit,
};

use crate::{
    show_user::{about, find},
    view::Done,
};

/// Delete a managed user
///
/// Nobody can act for them from now on (other instances: within a minute). Their connections are ended, and their
/// providers told, right after the answer.
#[utoipa::path(
    delete, path = "/api/users/{id}", operation_id = "auth.delete_user", tag = "users",
    params(("id" = String, Path, description = "Our id, or `ext:` and the app's own")),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    responses(
        (status = 200, description = "Deleted", body = Done),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Without the scope `users:manage`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such managed user", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn delete_user(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshAsker(asker): FreshAsker,
    Path(id): Path<String>,
) -> Result<Json<Done>, Error> {
    let caller = about(&app, asker, &id).await?;
    caller.require_scope(Scope::UsersManage)?;
    let user = find(&app, &caller, &id).await?;
    let clear_out = organisation::clear_out(&app, &user.org, &user.id);
    let (org, actor, subject) = (caller.org(), caller.actor(), user.id.as_str());
    let entry = audit::Entry { org, actor, action: "user.delete", subject, request: Some(&request) };
    app.store.delete_managed(&user, &clear_out, &entry.about([])).await?;
    queue::look_after(&app, &clear_out).await;
    app.callers.forget_user(&user.id);
    Ok(Json(Done { message: "User deleted" }))
}
