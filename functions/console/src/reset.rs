//! `console.reset`: sets the new password.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{
        password::{LONGEST, SHORTEST},
        recovery,
    },
    http::{
        ClientIp, Error, Posted, Problem, Result,
        html::{Message, page},
    },
    secret::Secret,
};
use utoipa::ToSchema;

use crate::{page::again, wrong::Wrong};

/// The form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    #[schema(value_type = String)]
    token: Secret<String>,
    #[schema(value_type = String)]
    password: Secret<String>,
}

/// The page with the form.
#[derive(Template)]
#[template(path = "reset.html")]
pub(crate) struct Reset<'a> {
    pub(crate) token: &'a str,
    pub(crate) wrong: Wrong,
}

/// Sets a new password, and ends all sessions.
#[utoipa::path(
    post, path = "/reset", operation_id = "console.reset", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Set", content_type = "text/html"),
        (status = 400, description = "The page again, with what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(State(app): State<App>, ip: ClientIp, Posted(form): Posted<Form>) -> Result<Response> {
    let done = if (SHORTEST..=LONGEST).contains(&form.password.expose().len()) {
        recovery::reset(&app, ip, &form.token, &form.password).await
    } else {
        Err(Error::field("/password", format!("A password has {SHORTEST} to {LONGEST} bytes")))
    };
    match done {
        Ok(()) => {
            let text = "Your password is set, and you are signed out everywhere. Sign in with the new one.";
            page(&app, StatusCode::OK, &Message::new("Done", text).way("/sign-in", "Sign in").back_to_the_start())
        }
        Err(error) => {
            let wrong = Wrong::with(&error, &["password"]);
            again(&app, error, &Reset { token: form.token.expose(), wrong })
        }
    }
}
