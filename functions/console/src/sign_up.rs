//! `console.sign_up`: takes the form, makes the account, sets the session's cookie.

use axum::{Extension, extract::State, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{
        session,
        sign_in::{self, NewAccount},
    },
    http::{ClientIp, Error, Posted, Problem, Result, Validate},
    id::RequestId,
    secret::Secret,
};
use utoipa::ToSchema;

use crate::{
    page::{again, next},
    sign_in::signed_in,
    sign_in_form::SignIn,
    wrong::Wrong,
};

/// The form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    full_name: String,
    email: String,
    #[schema(value_type = String)]
    password: Secret<String>,
    next: Option<String>,
}

/// Makes an account and signs its browser in.
#[utoipa::path(
    post, path = "/sign-up", operation_id = "console.sign_up", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Signed up: on to `next`"),
        (status = 400, description = "The page again, with what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    ip: ClientIp,
    Posted(form): Posted<Form>,
) -> Result<Response> {
    let onward = next(&app, form.next.as_deref()).await?;
    match made(&app, ip, &form, &request).await {
        Ok(user) => Ok(signed_in(session::start(&app, &user).await?, &onward)),
        Err(error) => {
            let wrong = Wrong::with(&error, &["full_name", "email", "password"]);
            let empty = SignIn::new(&app, &onward).await?;
            again(&app, error, &SignIn { full_name: &form.full_name, email: &form.email, wrong, ..empty })
        }
    }
}

async fn made(app: &App, ip: ClientIp, form: &Form, request: &RequestId) -> Result<shared::store::users::User> {
    let account = NewAccount { email: &form.email, password: &form.password, full_name: form.full_name.trim() };
    let mut errors = Vec::new();
    account.validate(&mut errors);
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    sign_in::register(app, ip, &account, None, request).await
}
