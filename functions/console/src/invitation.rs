//! `console.invitation`: accepts an invitation, with the account that is signed in or with a new one.

use axum::{Extension, extract::State, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{
        Caller, organisation, session,
        sign_in::{self, NewAccount},
    },
    http::{ClientIp, Error, Posted, Problem, Result, Validate},
    id::RequestId,
    secret::Secret,
    store::users::User,
};
use utoipa::ToSchema;

use crate::{
    invitation_page::{invited, over},
    page::again,
    sign_in::signed_in,
    wrong::Wrong,
};

/// The form. Name and password are for a new account.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    #[schema(value_type = String)]
    token: Secret<String>,
    #[serde(default)]
    full_name: String,
    #[schema(value_type = Option<String>)]
    password: Option<Secret<String>>,
}

/// Accepts an invitation.
#[utoipa::path(
    post, path = "/invitation", operation_id = "console.invitation", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "Joined and signed in: on to the start"),
        (status = 400, description = "The page again, with what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Used, taken back or too old", content_type = "text/html"),
    ),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    ip: ClientIp,
    caller: Option<Caller>,
    Posted(form): Posted<Form>,
) -> Result<Response> {
    let Some(mut page) = invited(&app, caller.as_ref(), &form.token).await? else { return over(&app) };
    let joined = match &caller {
        Some(caller) => organisation::accept(&app, caller.require_person()?, &form.token, &request).await,
        None => registered(&app, ip, &form, page.email(), &request).await,
    };
    match joined {
        Ok(user) => Ok(signed_in(session::start(&app, &user).await?, "/?joined")),
        Err(error) => {
            page.full_name = form.full_name;
            page.wrong = Wrong::with(&error, &["full_name", "password"]);
            again(&app, error, &page)
        }
    }
}

async fn registered(app: &App, ip: ClientIp, form: &Form, email: &str, request: &RequestId) -> Result<User> {
    let nothing = Secret::new(String::new());
    let password = form.password.as_ref().unwrap_or(&nothing);
    let account = NewAccount { email, password, full_name: form.full_name.trim() };
    let mut errors = Vec::new();
    account.validate(&mut errors);
    if !errors.is_empty() {
        return Err(Error::fields(errors));
    }
    sign_in::register(app, ip, &account, Some(&form.token), request).await
}
