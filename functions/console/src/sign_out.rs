//! `console.sign_out`: ends the session of this browser.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use shared::{
    app::App,
    auth::{Caller, session},
    http::{Problem, Result},
};

/// Signs the browser out.
#[utoipa::path(
    post, path = "/sign-out", operation_id = "console.sign_out", tag = "console",
    responses(
        (status = 303, description = "Signed out: on to the start"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller) -> Result<Response> {
    let cleared = session::end(&app, &caller).await?;
    let mut response = Redirect::to("/").into_response();
    if let Some(cookie) = cleared {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
