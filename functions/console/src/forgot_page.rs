//! `console.forgot_page`: asks for the address whose password is forgotten.

use axum::{extract::State, http::StatusCode, response::Response};
use shared::{
    app::App,
    http::{Result, html::page},
};

use crate::{forgot::Forgot, wrong::Wrong};

/// Shows the form for a forgotten password.
#[utoipa::path(
    get, path = "/forgot", operation_id = "console.forgot_page", tag = "console",
    responses((status = 200, description = "The page", content_type = "text/html")),
)]
pub(crate) async fn handle(State(app): State<App>) -> Result<Response> {
    page(&app, StatusCode::OK, &Forgot { email: "", wrong: Wrong::default() })
}
