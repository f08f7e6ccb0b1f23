//! `console.sign_in`: takes the form, sets the session's cookie.

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{session, sign_in},
    http::{ClientIp, Posted, Problem, Result},
    secret::Secret,
};
use utoipa::ToSchema;

use crate::{
    page::{again, next},
    sign_in_form::SignIn,
    wrong::Wrong,
};

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
pub(crate) async fn handle(State(app): State<App>, ip: ClientIp, Posted(form): Posted<Form>) -> Result<Response> {
    let onward = next(&app, form.next.as_deref()).await?;
    match sign_in::by_password(&app, ip, &form.email, &form.password).await {
        Ok(user) => Ok(signed_in(session::start(&app, &user).await?, &onward)),
        Err(error) => {
            let wrong = Wrong::with(&error, &["email", "password"]);
            let form = SignIn { email: &form.email, wrong, ..SignIn::known(&app, &onward).await? };
            again(&app, error, &form)
        }
    }
}

/// On to where the person wanted to go, with the session's cookie.
pub(crate) fn signed_in(cookie: HeaderValue, onward: &str) -> Response {
    let mut response = Redirect::to(onward).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}
