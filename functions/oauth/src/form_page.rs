//! `oauth.form_page`: what a person types in order to connect a provider, for somebody who is signed in at the console.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::Response,
};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result, html},
    providers::Provider,
    store::integrations::Integration,
};

use crate::link_form::{Kind, Line, Offer, Way, Wrong, offer, summary};

#[derive(Template)]
#[template(path = "form.html")]
struct Page {
    action: String,
    offer: Offer,
    /// The account that is connected already.
    present: Option<String>,
    wrong: Vec<Line>,
}

/// Shows the forms by which a provider is connected
#[utoipa::path(
    get, path = "/console/connect/{providerId}", operation_id = "oauth.form_page", tag = "console",
    params(("providerId" = String, Path, description = "A provider's id or alias")),
    responses(
        (status = 200, description = "The page", content_type = "text/html"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A guest", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller, Path(provider): Path<String>) -> Result<Response> {
    caller.require_person()?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    page(&app, &caller, &*app.provider(&provider)?, StatusCode::OK, None).await
}

/// The page; once more, where something was wrong with a form.
pub(crate) async fn page(
    app: &App,
    caller: &Caller,
    provider: &Provider,
    status: StatusCode,
    wrong: Option<&Wrong<'_>>,
) -> Result<Response> {
    let found = app.store.integrations().get(caller.tenant(), provider.slug(), caller.label(None)?).await?;
    let present = found.filter(Integration::connected).map(|found| {
        found.external.display().map_or_else(|| "of an account without a name".to_owned(), |name| format!("as {name}"))
    });
    let offer = [offer(app, provider, &std::collections::BTreeMap::new(), wrong).await?];
    let wrong = wrong.map(|wrong| summary(app, wrong, &offer)).unwrap_or_default();
    let [offer] = offer;
    let action = format!("/console/connect/{}", provider.slug());
    html::page(app, status, &Page { action, offer, present, wrong })
}
