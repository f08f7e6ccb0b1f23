//! `console.verify`: notes that the address is proven.

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use shared::{
    app::App,
    auth::{Caller, recovery},
    http::{
        Posted, Problem, Result,
        html::{Message, page},
    },
    secret::Secret,
};
use utoipa::ToSchema;

use crate::{page::again, verify_page::Verify, wrong::Wrong};

/// The form.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Form {
    #[schema(value_type = String)]
    token: Secret<String>,
}

/// Proves an address.
#[utoipa::path(
    post, path = "/verify", operation_id = "console.verify", tag = "console",
    request_body(content = Form, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Proven", content_type = "text/html"),
        (status = 400, description = "The page again, with what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Option<Caller>,
    Posted(form): Posted<Form>,
) -> Result<Response> {
    match recovery::verify(&app, &form.token).await {
        Ok(()) => {
            let text = "Your e-mail address is proven.";
            let done = Message::new("Thank you", text);
            let signed_in = caller.is_some();
            let done = if signed_in { done.way("/", "To your connections") } else { done.way("/sign-in", "Sign in") };
            page(&app, StatusCode::OK, &done)
        }
        Err(error) => {
            let wrong = Wrong::with(&error, &[]);
            again(&app, error, &Verify { token: form.token.expose(), wrong })
        }
    }
}
