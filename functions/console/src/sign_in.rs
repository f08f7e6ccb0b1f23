//! `console.sign_in`: takes the form, sets the session's cookie.

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{session, sign_in},
    http::{ClientIp, Error, Input, Problem, Result},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::page::{SignIn, next, page};

/// The form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    email: String,
    #[schema(value_type = String)]
    password: Secret<String>,
    next: Option<String>,
}

/// Signs a browser in.
#[utoipa::path(
    post, path = "/sign-in", operation_id = "console.sign_in", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed in: on to `next`"),
        (status = 401, description = "The page again, with what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    ip: ClientIp,
    method: Method,
    headers: HeaderMap,
    Input(form): Input<Form>,
) -> Result<Response> {
    // A form on somebody else's page could sign a person in to a stranger's account.
    app.origins().await?.guard(&method, &headers)?;
    let onward = next(&app, form.next.as_deref()).await?;
    match sign_in::by_password(&app, ip, &form.email, &form.password).await {
        Ok(user) => Ok(signed_in(session::start(&app, &user).await?, &onward)),
        Err(error) if error.code().status().is_client_error() => {
            let form = SignIn { email: &form.email, error: Some(error.message()), ..SignIn::known(&onward) };
            again(&app, &error, &form)
        }
        Err(error) => Err(error),
    }
}

/// On to where the person wanted to go, with the session's cookie.
pub(crate) fn signed_in(cookie: HeaderValue, onward: &str) -> Response {
    let mut response = Redirect::to(onward).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

/// The form once more, saying what is wrong; with the error's own status and waiting time.
pub(crate) fn again(app: &App, error: &Error, form: &SignIn<'_>) -> Result<Response> {
    let mut response = page(app, error.code().status(), form)?;
    if let Some(wait) = error.headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    Ok(response)
}
