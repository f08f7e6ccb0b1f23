//! Shows a managed user, by our id or by `ext:` and the app's own.

use axum::{
    Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Problem},
    id::UserId,
    store::managed::Managed,
};

use crate::create_user::ManagedView;

/// Show a managed user
#[utoipa::path(
    get, path = "/api/users/{id}", operation_id = "auth.show_user", tag = "users",
    params(("id" = String, Path, description = "Our id, or `ext:` and the app's own")),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    responses(
        (status = 200, description = "The user", body = ManagedView),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Without the scope `users:manage`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such managed user", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn show_user(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<ManagedView>, Error> {
    caller.require_scope(Scope::UsersManage)?;
    Ok(Json(find(&app, &caller, &id).await?.into()))
}

/// The managed user that a path names. One whom this key may not see reads like one who is not there.
pub(crate) async fn find(app: &App, caller: &Caller, named: &str) -> Result<Managed, Error> {
    let found = match (named.strip_prefix("ext:"), named.parse::<UserId>()) {
        (Some(external), _) => app.store.user_by_external_id(caller.org(), external).await?,
        (None, Ok(id)) => app.store.user(&id, true).await?.filter(|user| user.org == *caller.org()),
        (None, Err(_)) => None,
    };
    let found = found.and_then(Managed::of).filter(|user| caller.may_manage(&user.id));
    found.ok_or_else(|| Error::not_found("User not found"))
}
