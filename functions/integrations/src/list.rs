//! `integrations.list`: the caller's integrations, as D3's records.

use axum::{
    Json,
    extract::{OriginalUri, Query, State},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result, page},
};
use utoipa::IntoParams;

use crate::view::Record;

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Page {
    /// Where the page before ended: taken from its `Link` header.
    cursor: Option<String>,
}

/// Lists the caller's integrations. A further page of the same list is named by `Link: …; rel="next"`.
#[utoipa::path(
    get, path = "/api/integrations", operation_id = "integrations.list", tag = "integrations",
    params(Page),
    responses(
        (status = 200, body = Vec<Record>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    OriginalUri(uri): OriginalUri,
    Query(page): Query<Page>,
) -> Result<Response> {
    caller.require_scope(Scope::IntegrationsRead)?;
    let found = app.store.integrations().list(caller.tenant(), page.cursor.as_deref()).await?;
    let mut records = Vec::new();
    for integration in found.items.iter().filter(|one| caller.may_see(&one.provider, &one.label)) {
        records.push(Record::open(&app, caller.tenant(), integration).await?);
    }
    let next = page::next("/api/integrations", uri.query(), found.cursor.as_deref());
    Ok((next, Json(records)).into_response())
}
