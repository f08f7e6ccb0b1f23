//! `oauth.use_form`: the form of the console's page for one provider. Starts the handshake, or takes a typed credential.

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Posted, Problem, Result},
    oauth::{self, connect::By, entry},
    providers::{Provider, hooks::Desk},
};

use crate::{
    form_page,
    link_form::{Way, Wrong, status_again, typed},
    start::{Start, begin, onward},
};

/// Connects by what a person typed
///
/// A form: `way` (`consent` or `key`), and what the provider asks for, as `field.<name>` or `key.<name>`.
#[utoipa::path(
    post, path = "/console/connect/{providerId}", operation_id = "oauth.use_form", tag = "console",
    params(("providerId" = String, Path, description = "A provider's id or alias")),
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "On to the provider", content_type = "text/html"),
        (status = 303, description = "Connected: on to the start, with `oauth_success`"),
        (status = 400, description = "The page once more, which says what is wrong", content_type = "text/html"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A guest, or a form from another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    headers: HeaderMap,
    Posted(form): Posted<Map<String, Value>>,
) -> Result<Response> {
    caller.require_person()?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let provider = app.provider(&provider)?;
    let way = Way::of(&form, &provider);
    let taken = match way {
        Way::Consent => by_consent(&app, &caller, &provider, &headers, &form).await,
        Way::Key => by_key(&app, &caller, &provider, &form).await,
    };
    let error = match taken {
        Ok(answer) => return Ok(answer),
        Err(error) => error,
    };
    let Some(status) = status_again(&error) else { return Err(error) };
    tracing::info!(%error, "a form of the console was not taken");
    let wrong = Wrong { provider: provider.slug(), way, form: &form, error: &error };
    form_page::page(&app, &caller, &provider, status, Some(&wrong)).await
}

async fn by_consent(
    app: &App,
    caller: &Caller,
    provider: &Provider,
    headers: &HeaderMap,
    form: &Map<String, Value>,
) -> Result<Response> {
    let start = Start::typed(app.own_url("/").await?, typed(form, provider, Way::Consent));
    let (started, cookie) = begin(app, caller, provider.slug(), headers, start).await?;
    Ok((AppendHeaders(cookie.into_iter().flatten()), onward(&started.auth_url)).into_response())
}

/// Held to the same proof as by the API.
async fn by_key(app: &App, caller: &Caller, provider: &Provider, form: &Map<String, Value>) -> Result<Response> {
    let credential = entry::key(app, provider, typed(form, provider, Way::Key))?;
    let desk = Desk { app, tenant: caller.tenant(), provider, label: caller.label(None)?, keeps: true };
    oauth::keep(&desk, By { actor: caller.actor(), request: None }, credential).await?;
    let mut home = app.own_url("/").await?;
    home.query_pairs_mut().append_pair("oauth_success", provider.slug());
    Ok(Redirect::to(home.as_str()).into_response())
}
