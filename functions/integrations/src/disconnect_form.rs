//! `integrations.disconnect_form`: the console's form that lets a connection go.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{FreshCaller, Scope},
    http::{Code, Posted, Problem, Result},
};

use crate::{
    credentials::{Label, slot},
    disconnect::end,
};

/// Disconnects whoever is signed in from a provider
#[utoipa::path(
    post, path = "/console/disconnect/{providerId}", operation_id = "integrations.disconnect_form", tag = "console",
    params(("providerId" = String, Path)),
    responses(
        (status = 303, description = "Gone: on to the start"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A guest, or a form from another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such provider", body = Problem, content_type = "application/problem+json"),
    ),
    security(("session" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshCaller(caller): FreshCaller,
    Path(provider): Path<String>,
    Posted(_): Posted<Map<String, Value>>,
) -> Result<Response> {
    caller.require_person()?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let slot = slot(&app, &caller, &provider, &Label::default()).await?;
    match end(&app, &caller, caller.tenant(), &slot).await {
        Ok(_) => {}
        // Pressed twice, or in two windows: it is gone, which is what was wanted.
        Err(error) if error.code() == Code::NotFound => {}
        Err(error) => return Err(error),
    }
    let mut home = app.own_url("/").await?;
    home.query_pairs_mut().append_pair("disconnected", slot.provider.slug());
    Ok(Redirect::to(home.as_str()).into_response())
}
