//! Shows a managed user, by our id or by `ext:` and the app's own.

use axum::{
    Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{Asker, Caller, Scope},
    http::{Code, Error, Problem},
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
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<ManagedView>, Error> {
    let caller = about(&app, asker, &id).await?;
    caller.require_scope(Scope::UsersManage)?;
    Ok(Json(find(&app, &caller, &id).await?.into()))
}

/// The caller; a key of several users is about the one whom the path names. One that it may not act for is nobody.
pub(crate) async fn about(app: &App, asker: Asker, named: &str) -> Result<Caller, Error> {
    asker.about(app, Some(named)).await.map_err(|error| match error.code() {
        Code::Forbidden => unknown(),
        _ => error,
    })
}

fn unknown() -> Error {
    Error::not_found("User not found")
}

/// The managed user that a path names. One whom this key may not see reads like one who is not there.
pub(crate) async fn find(app: &App, caller: &Caller, named: &str) -> Result<Managed, Error> {
    let found = match (named.strip_prefix("ext:"), named.parse::<UserId>()) {
        (Some(external), _) => app.store.user_by_external_id(caller.org(), external).await?,
        (None, Ok(id)) => app.store.user(&id, true).await?.filter(|user| user.org == *caller.org()),
        (None, Err(_)) => None,
    };
    let found = found.and_then(Managed::of).filter(|user| caller.may_manage(&user.id));
    found.ok_or_else(unknown)
}
