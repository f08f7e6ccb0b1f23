//! `console.sign_up_page`: the form.

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

/// Shows the form for signing up.
#[utoipa::path(
    get, path = "/sign-up", operation_id = "console.sign_up_page", tag = "console",
    params(Onward),
    responses((status = 200, description = "The page", content_type = "text/html")),
)]
pub(crate) async fn handle(State(app): State<App>, Query(query): Query<Onward>) -> Result<Response> {
    let onward = next(&app, query.next.as_deref()).await?;
    page(&app, StatusCode::OK, &SignIn::new(&app, &onward).await?)
}
