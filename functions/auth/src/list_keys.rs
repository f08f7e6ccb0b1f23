//! Lists service keys: an administrator sees the organisation's, everybody else their own.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Role},
    http::{Error, Problem},
    id::KeyId,
};
use utoipa::{IntoParams, ToSchema};

use crate::view::KeyView;

/// Keys on one page.
const PAGE: i32 = 100;

/// Where to go on.
#[derive(Deserialize, IntoParams)]
pub(crate) struct After {
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of keys.
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    /// The keys, without their secrets.
    keys: Vec<KeyView>,
    /// What to ask for as `after`, if there may be more.
    next: Option<String>,
}

/// List service keys
#[utoipa::path(
    get, path = "/api/auth/keys", operation_id = "auth.list_keys", tag = "auth",
    params(After),
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
    Query(After { after }): Query<After>,
) -> Result<Json<Keys>, Error> {
    let person = caller.require_person()?;
    let after: Option<KeyId> = after
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Error::field("after", "This is not a cursor of ours"))?;
    let page = app.store.keys(caller.org(), after.as_ref(), PAGE).await?;
    let all = caller.role() == Role::Admin;
    let keys = page.keys.into_iter().filter(|key| all || key.created_by == *person).map(KeyView::from).collect();
    Ok(Json(Keys { keys, next: page.next.map(String::from) }))
}
