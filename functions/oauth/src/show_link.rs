//! `oauth.show_link`: how far a connect link is, for the back end that made it.

use axum::{
    Json,
    extract::{Path, State},
};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result},
};

use crate::link_view::{LinkView, find};

/// Show a connect link
///
/// One that ran out is forgotten after an hour.
#[utoipa::path(
    get, path = "/api/connect/links/{id}", operation_id = "oauth.show_link", tag = "connect",
    params(("id" = String, Path)),
    responses(
        (status = 200, body = LinkView),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service key, or without the scope `integrations:read`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such link", body = Problem, content_type = "application/problem+json"),
    ),
    security(("service_key" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Result<Json<LinkView>> {
    caller.require_key()?;
    caller.require_scope(Scope::IntegrationsRead)?;
    Ok(Json(LinkView::new(&app, find(&app, &caller, &id).await?)?))
}
