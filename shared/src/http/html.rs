//! How a page for people is answered: with the content security policy that all pages share.

use std::borrow::Cow;

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};

use super::{Error, Result};
use crate::app::App;

/// What a page may load: our own files, and people's pictures over https. Nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https:; \
                      base-uri 'none'; frame-ancestors 'none'; form-action ";

/// A page. Its forms go to ourselves, and may end, by a redirect, at the front end: browsers hold redirects to
/// `form-action` too.
pub fn page(app: &App, status: StatusCode, template: &impl Template) -> Result<Response> {
    let html = template.render().map_err(Error::internal)?;
    let mut response = (status, Html(html)).into_response();
    let front = app.config.site.frontend_url.as_ref().map(|url| url.origin().ascii_serialization());
    let policy = format!("{POLICY}'self' {}", front.unwrap_or_default());
    let policy = HeaderValue::try_from(policy.trim_end()).map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    // Without any referrer a browser sends a form with `Origin: null`, and our own forms would look like a stranger's.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Whether whoever asks takes a page. Below `/api` that is not enough: some programs take HTML by habit.
pub fn accepted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

/// Whether a browser shows the answer in its window, as when a person follows a link or sends a form.
pub(super) fn navigates(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() == b"navigate")
}

/// Whether a person's browser asks this operation of the API for a page: by a navigation, or by a form, which an older
/// browser sends without a word on navigating.
pub fn wanted(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    accepted(headers) && (navigates(headers) || kind.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// A page that says one thing, and leads on.
#[derive(Template)]
#[template(path = "message.html")]
pub struct Message<'a> {
    heading: &'a str,
    text: Cow<'a, str>,
    ways: Vec<Way<'a>>,
    reference: Option<&'a str>,
}

struct Way<'a> {
    href: Cow<'a, str>,
    label: Cow<'a, str>,
}

impl<'a> Message<'a> {
    /// It leads nowhere yet.
    pub fn new(heading: &'a str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { heading, text: text.into(), ways: Vec::new(), reference: None }
    }

    /// A way on; the first is the one that most people want.
    #[must_use]
    pub fn way(mut self, href: impl Into<Cow<'a, str>>, label: impl Into<Cow<'a, str>>) -> Self {
        self.ways.push(Way { href: href.into(), label: label.into() });
        self
    }

    /// The way that every page has.
    #[must_use]
    pub fn back_to_the_start(self) -> Self {
        self.way("/", "Back to the start")
    }

    /// Names the request as the log does.
    #[must_use]
    pub fn reference(self, id: &'a str) -> Self {
        Self { reference: Some(id), ..self }
    }
}
