//! `console.verify_page`: where the mail that proves an address leads.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use shared::{
    app::App,
    http::{Result, html::page},
};

use crate::{reset_page::Brought, wrong::Wrong};

/// The page with the button: programs that look into mails open links, and do not press buttons.
#[derive(Template)]
#[template(path = "verify.html")]
pub(crate) struct Verify<'a> {
    pub(crate) token: &'a str,
    pub(crate) wrong: Wrong,
}

/// Asks whether the address is the person's.
#[utoipa::path(
    get, path = "/verify", operation_id = "console.verify_page", tag = "console",
    params(Brought),
    responses((status = 200, description = "The page", content_type = "text/html")),
)]
pub(crate) async fn handle(State(app): State<App>, Query(brought): Query<Brought>) -> Result<Response> {
    page(&app, StatusCode::OK, &Verify { token: &brought.token, wrong: Wrong::default() })
}
