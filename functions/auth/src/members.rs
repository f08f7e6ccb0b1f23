//! Lists who is in the caller's organisation.

use std::str::FromStr;

use axum::{
    Json,
    extract::{Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Right, Role},
    http::{Error, Problem},
    id::UserId,
    store::users::User,
};
use utoipa::{IntoParams, ToSchema};

/// Members on one page.
const PAGE: i32 = 50;

/// Where to go on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Behind {
    /// The `next_cursor` of the page before.
    pub(crate) cursor: Option<String>,
}

impl Behind {
    /// Behind what the page begins: an id of users, of keys or of invitations.
    pub(crate) fn id<T: FromStr>(&self) -> Result<Option<T>, Error> {
        let parsed = self.cursor.as_deref().map(str::parse).transpose();
        parsed.map_err(|_| Error::field("cursor", "This cursor is none of ours"))
    }
}

/// A member.
#[derive(Serialize, ToSchema)]
pub(crate) struct MemberView {
    /// The user's id.
    id: String,
    /// Lower case.
    email: Option<String>,
    /// The name shown.
    full_name: String,
    /// What the person is in the organisation.
    role: Role,
    /// Whether the e-mail address was proven.
    is_verified: bool,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    joined_at: Option<Timestamp>,
}

impl MemberView {
    pub(crate) fn new(user: User, joined_at: Option<Timestamp>) -> Self {
        Self {
            id: user.id.into(),
            email: user.email,
            full_name: user.full_name,
            role: user.role,
            is_verified: user.is_verified,
            joined_at,
        }
    }
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    /// In the order of their ids.
    members: Vec<MemberView>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// List members
#[utoipa::path(
    get, path = "/api/auth/organisation/members", operation_id = "auth.members", tag = "organisation",
    params(Behind),
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "A page of members", body = Members),
        (status = 400, description = "Not a cursor", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A guest may not", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn members(
    State(app): State<App>,
    caller: Caller,
    Query(behind): Query<Behind>,
) -> Result<Json<Members>, Error> {
    caller.require_person()?;
    caller.require(Right::SeeMembers)?;
    let page = app.store.members(caller.org(), behind.id()?.as_ref(), PAGE).await?;
    let ids: Vec<&UserId> = page.members.iter().map(|member| &member.user).collect();
    let users = app.store.users(&ids).await?;
    let joined = |user: &User| page.members.iter().find(|member| member.user == user.id).map(|found| found.created_at);
    let members = users.into_iter().map(|user| MemberView::new(user.clone(), joined(&user))).collect();
    Ok(Json(Members { members, next_cursor: page.next.map(String::from) }))
}
