//! `console.sign_in_page`: the form.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use shared::{
    app::App,
    http::{Result, html::page},
};

use crate::{
    page::{Onward, next},
    sign_in_form::SignIn,
};

/// Shows the form for signing in.
#[utoipa::path(
    get, path = "/sign-in", operation_id = "console.sign_in_page", tag = "console",
    params(Onward),
    responses((status = 200, description = "The page", content_type = "text/html")),
)]
pub(crate) async fn handle(State(app): State<App>, Query(query): Query<Onward>) -> Result<Response> {
    let onward = next(&app, query.next.as_deref()).await?;
    page(&app, StatusCode::OK, &SignIn::known(&app, &onward).await?)
}
