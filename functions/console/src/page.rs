//! How a page is answered: rendered, with the content security policy that all pages share.

use askama::Template;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use shared::{
    app::App,
    http::{Error, Result},
};

/// What a page may load: our own files, and people's pictures over https. Nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' https:; \
                      base-uri 'none'; frame-ancestors 'none'; form-action ";

/// A page whose forms go to ourselves.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Result<Response> {
    answer(status, template, "'self'")
}

/// A page one of whose forms ends, by a redirect, at one of these origins: browsers hold redirects to `form-action` too.
pub(crate) fn leading_to(template: &impl Template, origins: &[String]) -> Result<Response> {
    let mut targets = "'self'".to_owned();
    for origin in origins {
        targets.push(' ');
        targets.push_str(origin);
    }
    answer(StatusCode::OK, template, &targets)
}

fn answer(status: StatusCode, template: &impl Template, form_action: &str) -> Result<Response> {
    let html = template.render().map_err(Error::internal)?;
    let mut response = (status, Html(html)).into_response();
    let policy = HeaderValue::try_from(format!("{POLICY}{form_action}")).map_err(Error::internal)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    // Without any referrer a browser sends a form with `Origin: null`, and our own forms would look like a stranger's.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// Whether a person's browser asks, and not a program.
pub(crate) fn wanted(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

/// A place on our own site to go on to, from an address somebody else may have written: a path, nothing that leads away.
pub(crate) async fn next(app: &App, wanted: Option<&str>) -> Result<String> {
    let home = "/".to_owned();
    let Some(wanted) = wanted.filter(|wanted| wanted.starts_with('/')) else { return Ok(home) };
    let own = app.public_url().await?;
    // The browser's own reading decides: `//host`, `/\host` and the like come out with another origin.
    match own.join(wanted) {
        // A path may itself begin with `//`, by dots that were taken out of it: to a browser that is another host.
        Ok(url) if url.origin() == own.origin() && !url.path().starts_with("//") => {
            let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
            Ok(format!("{}{query}", url.path()))
        }
        _ => Ok(home),
    }
}

/// A page that says one thing.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) heading: &'a str,
    pub(crate) text: &'a str,
}

/// The form for signing in or up.
#[derive(Template)]
#[template(path = "sign_in.html")]
pub(crate) struct SignIn<'a> {
    pub(crate) heading: &'a str,
    pub(crate) action: &'a str,
    pub(crate) new: bool,
    pub(crate) next: &'a str,
    pub(crate) full_name: &'a str,
    pub(crate) email: &'a str,
    pub(crate) error: Option<&'a str>,
}

impl<'a> SignIn<'a> {
    /// For somebody who has an account.
    pub(crate) fn known(next: &'a str) -> Self {
        let (full_name, email) = ("", "");
        Self { heading: "Sign in", action: "/sign-in", new: false, next, full_name, email, error: None }
    }

    /// For somebody who has none.
    pub(crate) fn new(next: &'a str) -> Self {
        Self { heading: "Sign up", action: "/sign-up", new: true, ..Self::known(next) }
    }
}

/// The query of the pages that go on elsewhere.
#[derive(serde::Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Onward {
    /// A path on this site.
    pub(crate) next: Option<String>,
}
