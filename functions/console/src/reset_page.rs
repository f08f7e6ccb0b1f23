//! `console.reset_page`: where the mail of a forgotten password leads.

use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;
use shared::{
    app::App,
    http::{Result, html::page},
};
use utoipa::IntoParams;

use crate::{reset::Reset, wrong::Wrong};

/// What the mail's link brings.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Brought {
    /// The token.
    pub(crate) token: String,
}

/// Shows the form for a new password. Whether the link is good is told when the form is sent.
#[utoipa::path(
    get, path = "/reset", operation_id = "console.reset_page", tag = "console",
    params(Brought),
    responses((status = 200, description = "The page", content_type = "text/html")),
)]
pub(crate) async fn handle(State(app): State<App>, Query(brought): Query<Brought>) -> Result<Response> {
    page(&app, StatusCode::OK, &Reset { token: &brought.token, wrong: Wrong::default() })
}
