//! Lists the organisation's managed users.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Problem},
};
use utoipa::ToSchema;

use crate::{create_user::ManagedView, members::Behind};

/// Users on one page.
const PAGE: i32 = 100;

/// A page of managed users.
#[derive(Serialize, ToSchema)]
pub(crate) struct Users {
    /// Those that the caller may see.
    users: Vec<ManagedView>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// List managed users
#[utoipa::path(
    get, path = "/api/users", operation_id = "auth.list_users", tag = "users",
    params(Behind),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    responses(
        (status = 200, description = "A page of users", body = Users),
        (status = 400, description = "Not a cursor", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Without the scope `users:manage`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_users(
    State(app): State<App>,
    caller: Caller,
    Query(behind): Query<Behind>,
) -> Result<Json<Users>, Error> {
    caller.require_scope(Scope::UsersManage)?;
    let page = app.store.managed(caller.org(), behind.id()?.as_ref(), PAGE).await?;
    let users = page.users.into_iter().filter(|user| caller.may_manage(&user.id)).map(ManagedView::from).collect();
    Ok(Json(Users { users, next_cursor: page.next.map(String::from) }))
}
