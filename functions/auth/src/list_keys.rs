//! Lists service keys: an administrator sees the organisation's, everybody else their own.

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

use crate::{members::Behind, view::KeyView};

/// Keys on one page.
const PAGE: i32 = 100;

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    /// The keys, without their secrets.
    keys: Vec<KeyView>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// List service keys
#[utoipa::path(
    get, path = "/api/auth/keys", operation_id = "auth.list_keys", tag = "auth",
    params(Behind),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "A page of keys", body = Keys),
        (status = 400, description = "Not a cursor", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key sees no keys", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn list_keys(
    State(app): State<App>,
    caller: Caller,
    Query(behind): Query<Behind>,
) -> Result<Json<Keys>, Error> {
    let person = caller.require_person()?;
    let page = app.store.keys(caller.org(), behind.id()?.as_ref(), PAGE).await?;
    let all = caller.may(Right::OthersThings);
    let keys = page.keys.into_iter().filter(|key| all || key.created_by == *person).map(KeyView::from).collect();
    Ok(Json(Keys { keys, next_cursor: page.next.map(String::from) }))
}
