//! What pages share: how a form is shown once more, and where a person goes on to.

use askama::Template;
use axum::{http::header, response::Response};
use shared::{
    app::App,
    http::{Error, Result, html::page},
};

/// The page once more, which says what is wrong, with the error's own status and waiting time; where it is not the person's
/// doing, the error.
pub(crate) fn again(app: &App, error: Error, shown: &impl Template) -> Result<Response> {
    if !error.code().status().is_client_error() {
        return Err(error);
    }
    let mut response = page(app, error.code().status(), shown)?;
    if let Some(wait) = error.headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    Ok(response)
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

/// What pages and forms are told that go on elsewhere.
#[derive(serde::Deserialize, utoipa::IntoParams, utoipa::ToSchema)]
#[into_params(parameter_in = Query)]
pub(crate) struct Onward {
    /// A path on this site.
    pub(crate) next: Option<String>,
}
