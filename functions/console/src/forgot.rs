//! `console.forgot`: has a mail sent, if anybody has the address. The page is the same for every address.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::recovery,
    http::{
        ClientIp, Posted, Problem, Result,
        html::{Message, page},
    },
};
use utoipa::ToSchema;

use crate::{page::again, wrong::Wrong};

/// The form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    email: String,
}

/// The page with the form.
#[derive(Template)]
#[template(path = "forgot.html")]
pub(crate) struct Forgot<'a> {
    pub(crate) email: &'a str,
    pub(crate) wrong: Wrong,
}

/// Has a mail sent to whoever forgot the password.
#[utoipa::path(
    post, path = "/forgot", operation_id = "console.forgot", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A page that says the same for every address", content_type = "text/html"),
        (status = 400, description = "The form again", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(State(app): State<App>, ip: ClientIp, Posted(form): Posted<Form>) -> Result<Response> {
    match recovery::ask_reset(&app, ip, &form.email).await {
        Ok(()) => {
            let text = "If anybody has this address here, a mail is on its way. Its link is good for half an hour.";
            page(
                &app,
                StatusCode::OK,
                &Message::new("Look into your mail", text).way("/sign-in", "Back to the sign-in"),
            )
        }
        Err(error) => {
            let wrong = Wrong::with(&error, &["email"]);
            again(&app, error, &Forgot { email: &form.email, wrong })
        }
    }
}
