//! `credentials.list`: a user's credentials, masked; one of them in the clear where user, type and project are named and
//! the caller is that user, or a service key with the right to.

use axum::{
    Extension, Json,
    extract::{Query, State},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, FreshAsker, Scope},
    http::{Problem, Result},
    id::RequestId,
    store::integrations::Integration,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    find,
    kept::{Type, may_see, project, type_of},
    reveal::reveal,
    view::CredentialView,
    whose::{Whose, by, given, of_all, whose},
};

/// Which ones.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Asked {
    /// Whose: an id, an e-mail address or a name. The caller's own if nothing is said.
    #[serde(alias = "userId", alias = "user_id")]
    username: Option<String>,
    /// Of which type.
    #[serde(alias = "credential_type")]
    credential_type: Option<String>,
    /// In which project.
    #[serde(alias = "project_id")]
    project_id: Option<String>,
    /// The organisation's own, for its administrators.
    #[serde(default)]
    global: bool,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// One credential in the clear, or many masked.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// One.
    One(One),
    /// Many.
    Many(Many),
}

/// One credential in the clear.
#[derive(Serialize, ToSchema)]
pub(crate) struct One {
    success: bool,
    credentials: CredentialView,
}

/// Credentials, masked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Many {
    success: bool,
    credentials: Vec<CredentialView>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// Lists credentials, masked. With username, type and project the answer holds that one in the clear.
#[utoipa::path(
    get, path = "/api/credentials", operation_id = "credentials.list", tag = "credentials",
    params(Asked),
    responses(
        (status = 200, body = Answer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key without the scope", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Result<FreshAsker>,
    Extension(request): Extension<RequestId>,
    Query(asked): Query<Asked>,
) -> Result<Json<Answer>> {
    let caller = by(&app, caller, asked.username.as_deref()).await?;
    // Each of them is really said.
    let [user, kind, project_id] =
        [&asked.username, &asked.credential_type, &asked.project_id].map(|asked| given(asked.as_deref()));
    if let (Some(_), Some(named), Some(wanted), false) = (user, kind, project_id, asked.global) {
        caller.require_scope(Scope::CredentialsReveal)?;
        let (kind, project) = (Type::named(&app, named)?, project(&caller, Some(wanted))?);
        let Whose { tenant, username } = whose(&app, &caller, asked.username.as_deref()).await?;
        let found = find::in_slot(&app, &caller, &tenant, &kind, project).await?;
        let (integration, parts) = reveal(&app, &caller, &request, &tenant, found).await?;
        let credentials = CredentialView::new(&integration, username, parts);
        return Ok(Json(Answer::One(One { success: true, credentials })));
    }
    caller.require_scope(Scope::IntegrationsRead)?;
    let whose = if asked.global { of_all(&caller)? } else { whose(&app, &caller, asked.username.as_deref()).await? };
    masked(&app, &caller, whose, &asked).await.map(|many| Json(Answer::Many(many)))
}

async fn masked(app: &App, caller: &Caller, whose: Whose, asked: &Asked) -> Result<Many> {
    let kind = asked.credential_type.as_deref().map(|named| Type::named(app, named)).transpose()?;
    let label = asked.project_id.as_deref().map(|named| project(caller, Some(named))).transpose()?;
    let wanted = |integration: &Integration| {
        integration.holds_credential()
            && may_see(caller, &integration.provider, &integration.label)
            && kind.as_ref().is_none_or(|kind| kind.name == type_of(&integration.provider))
            && label.is_none_or(|label| label == integration.label)
    };
    let page = app.store.integrations().list(&whose.tenant, asked.cursor.as_deref()).await?;
    let mut credentials = Vec::new();
    for integration in page.items.iter().filter(|integration| wanted(integration)) {
        let username = whose.username.clone();
        credentials.push(CredentialView::masked(app, &whose.tenant, integration, username).await?);
    }
    Ok(Many { success: true, credentials, next_cursor: page.cursor })
}
