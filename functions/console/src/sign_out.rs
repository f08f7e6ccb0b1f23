//! `console.sign_out`: ends the session of this browser.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use shared::{
    app::App,
    auth::{Caller, session},
    http::{Input, Problem, Result},
};

use crate::page::{Onward, next};

/// Signs the browser out.
#[utoipa::path(
    post, path = "/sign-out", operation_id = "console.sign_out", tag = "console",
    request_body(content = Option<Onward>, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed out: on to `next`, or to the start"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller, Input(form): Input<Onward>) -> Result<Response> {
    let onward = next(&app, form.next.as_deref()).await?;
    let cleared = session::end(&app, &caller).await?;
    let mut response = Redirect::to(&onward).into_response();
    if let Some(cookie) = cleared {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
