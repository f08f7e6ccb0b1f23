//! An error as the page that a person gets, where a program gets a problem (RFC 9457).
//!
//! The sentences are its own: those of errors are written for programs. It says what to do next, and repeats nothing that
//! the request said.

use axum::{extract::Request, http::Method, http::header, response::Response};
use url::form_urlencoded::byte_serialize;

use super::{
    Code, Error, Result,
    html::{self, Message},
};
use crate::app::App;

/// What of a request decides how its error is told.
pub(super) struct Asked {
    /// The path, for the problem.
    pub(super) path: String,
    /// Path and query, where a person who signs in can come back to them.
    again: Option<String>,
    page: bool,
}

impl Asked {
    pub(super) fn by(request: &Request) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        let path = uri.path().to_owned();
        // Of the API's answers only those are a page that a browser shows in its window, as a provider's callback.
        let api = path == "/api" || path.starts_with("/api/");
        let again = uri.path_and_query().filter(|_| *request.method() == Method::GET).map(ToString::to_string);
        Self { page: html::accepted(headers) && (!api || html::navigates(headers)), path, again }
    }
}

/// The page, for whoever wants one.
pub(super) async fn page(app: &App, error: &Error, asked: &Asked, id: &str) -> Option<Response> {
    if !asked.page {
        return None;
    }
    let mut response = shown(app, error, asked, id).await.ok()?;
    response.headers_mut().extend(error.headers().clone());
    Some(response)
}

async fn shown(app: &App, error: &Error, asked: &Asked, id: &str) -> Result<Response> {
    let status = error.inside().status;
    let message = match error.code() {
        Code::ForeignOrigin => foreign(app).await?,
        Code::Unauthenticated => sign_in(asked),
        code => {
            let (heading, text) = words(code, error, asked.again.is_some());
            let message = Message::new(heading, text).back_to_the_start();
            if status.is_server_error() { message.reference(id) } else { message }
        }
    };
    html::page(app, status, &message)
}

/// A form from elsewhere; most often our own page, opened at another of our addresses.
async fn foreign(app: &App) -> Result<Message<'static>> {
    let (home, own) = (app.own_url("/").await?, app.public_url().await?.origin().ascii_serialization());
    let text = format!("This form was sent from a page of another address, and is not taken. Use Postern at {own}.");
    Ok(Message::new("Use the other address", text).way(home.to_string(), format!("Go to {own}")))
}

fn sign_in(asked: &Asked) -> Message<'static> {
    let next = asked.again.as_deref().unwrap_or("/").as_bytes();
    let href = format!("/sign-in?next={}", byte_serialize(next).collect::<String>());
    let text = "This page is for people who are signed in, and you are not, or not any more.";
    Message::new("Sign in first", text).way(href, "Sign in").back_to_the_start()
}

/// What happened, and what to do.
fn words(code: Code, error: &Error, opened: bool) -> (&'static str, String) {
    let (heading, text) = match code {
        Code::NoSuchPath | Code::MethodNotAllowed => {
            ("There is no such page", "The address is mistyped, or only a part of it.")
        }
        Code::NotFound | Code::UnknownProvider => ("There is nothing here", "It is gone, or was never there."),
        Code::Malformed | Code::Invalid if opened => (
            "This address is not whole",
            "A part of it is missing, doubled or damaged. If it came by mail, open the link of the mail as it is, or \
             ask for another mail.",
        ),
        Code::Malformed | Code::Invalid => (
            "This form is not whole",
            "Something in it is missing or doubled. Go back, reload the page, and send it again.",
        ),
        Code::TooLarge => ("This is too much at once", "Go back, and send less."),
        Code::Forbidden | Code::ScopeMissing => (
            "You may not do this",
            "Your role in the organisation does not allow it. Ask an administrator of the organisation.",
        ),
        Code::RateLimited | Code::Banned => return ("Too many tries", waiting(error)),
        code if code.status().is_server_error() => {
            ("Something is not working", "It is not your doing, and nothing is lost. Try again in a while.")
        }
        _ => (code.title(), "Go back, and try again."),
    };
    (heading, text.to_owned())
}

fn waiting(error: &Error) -> String {
    let told = error.headers().get(header::RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse::<u64>().ok());
    match told {
        Some(seconds) if seconds > 90 => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
        Some(seconds) => format!("Wait {seconds} seconds, then try again."),
        None => "Wait a while, then try again.".to_owned(),
    }
}
