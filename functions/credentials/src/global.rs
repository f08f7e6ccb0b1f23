//! `credentials.global`: the organisation's own credential of a type, in the clear, for a back end that serves everybody.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{FreshCaller, Kind, Scope},
    http::{Code, Error, Problem, Result},
    id::RequestId,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    find,
    kept::{Type, project},
    reveal::reveal,
    view::{CredentialView, main_part},
    whose::{not_found, of_all},
};

/// In which project.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The project. If nothing is said: the one that the key is limited to, else the usual one, else the only one there is.
    #[serde(rename = "projectId", alias = "project_id")]
    project_id: Option<String>,
}

/// The credential under every name that clients look for it by.
#[derive(Serialize, ToSchema)]
pub(crate) struct Global {
    success: bool,
    credentials: Named,
    api_key: Option<String>,
    value: Option<String>,
    credential_value: Option<String>,
}

/// The credential itself.
#[derive(Serialize, ToSchema)]
struct Named {
    #[serde(flatten)]
    view: CredentialView,
    api_key: Option<String>,
}

/// Gives the organisation's own credential of a type to a service key that is not limited to users.
#[utoipa::path(
    get, path = "/api/credentials/global/{type}", operation_id = "credentials.global", tag = "credentials",
    params(("type" = String, Path, description = "A type of credential, such as `openai`"), Asked),
    responses(
        (status = 200, body = Global),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service key, or without the scope `credentials:reveal`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshCaller(caller): FreshCaller,
    Extension(request): Extension<RequestId>,
    Path(named): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Global>> {
    if matches!(caller.kind(), Kind::Person { .. }) {
        return Err(Error::new(Code::Forbidden, "The organisation's credentials are shown to service keys only"));
    }
    caller.require_scope(Scope::CredentialsReveal)?;
    let kind = Type::named(&app, &named)?;
    let project = project(&caller, asked.project_id.as_deref())?;
    // What belongs to all is not there for a key of some.
    let whose = of_all(&caller).map_err(|_| not_found())?;
    let mut found = find::in_slot(&app, &caller, &whose.tenant, &kind, project).await?;
    if found.is_none() && asked.project_id.is_none() {
        found = find::only(&app, &caller, &whose.tenant, &kind).await?;
    }
    let (integration, parts) = reveal(&app, &caller, &request, &whose.tenant, found).await?;
    let main = main_part(&parts);
    let view = CredentialView::new(&integration, None, parts);
    Ok(Json(Global {
        success: true,
        credentials: Named { view, api_key: main.clone() },
        api_key: main.clone(),
        value: main.clone(),
        credential_value: main,
    }))
}
