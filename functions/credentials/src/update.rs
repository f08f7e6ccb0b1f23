//! `credentials.update`: replaces a credential, moves it to another project, names it, switches it off and on.

use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, FreshAsker, Scope, Tenant},
    http::{Code, Error, FieldError, Problem, Result, Valid, Validate},
    id::{IntegrationId, RequestId},
    oauth::{
        connect::{self, By},
        typed::{self, CHANGED},
    },
    settings::{self, Changes},
    store::integrations::{Integration, Kind},
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    create::gone,
    find,
    kept::{Type, check_name, project, sealed_form, type_of},
    view::CredentialView,
    whose::{by, whose},
};

/// Whose it is, for a service key.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Named {
    /// An id, an e-mail address or a name. The caller's own if nothing is said.
    #[serde(alias = "userId", alias = "user_id")]
    pub(crate) username: Option<String>,
}

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Update {
    /// All its parts anew.
    #[schema(value_type = Option<Object>)]
    credentials: Option<Map<String, Value>>,
    /// The project that it goes to.
    #[serde(alias = "project_id")]
    project_id: Option<String>,
    /// Whether it is handed out.
    #[serde(alias = "is_active")]
    is_active: Option<bool>,
    /// What you call it; an empty name is none.
    name: Option<String>,
}

impl Validate for Update {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        check_name(self.name.as_deref(), errors);
        let nothing = self.credentials.is_none() && self.project_id.is_none();
        if nothing && self.is_active.is_none() && self.name.is_none() {
            let detail = "Say what is to change: credentials, projectId, isActive or name".to_owned();
            errors.push(FieldError { pointer: String::new(), detail });
        }
    }
}

/// It is changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct Updated {
    success: bool,
    id: IntegrationId,
    /// With its parts masked.
    credentials: CredentialView,
}

/// Changes a credential.
#[utoipa::path(
    put, path = "/api/credentials/{id}", operation_id = "credentials.update", tag = "credentials",
    params(("id" = String, Path), Named),
    request_body = Update,
    responses(
        (status = 200, body = Updated),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The other project has one already, or the user has left", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Result<FreshAsker>,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    Query(named): Query<Named>,
    body: Result<Valid<Update>>,
) -> Result<Json<Updated>> {
    // Who calls comes before what is sent.
    let caller = by(&app, asker, named.username.as_deref()).await?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let Valid(body) = body?;
    let owner = whose(&app, &caller, named.username.as_deref()).await?;
    let (owner, mut found) = find::by_id(&app, &caller, owner, &id).await?;
    connect::still_there(&app, &owner.tenant).await?;
    let by = By { actor: caller.actor(), request: Some(&request) };
    found = stored(&app, &caller, by, &owner.tenant, found, &body).await?;
    if body.is_active.is_some() || body.name.is_some() {
        let name = body.name.map(|name| name.trim().to_owned());
        let changes = Changes { name, active: body.is_active, ..Changes::default() };
        found = settings::edit(&app, &owner.tenant, &found, &changes, (CHANGED, by)).await?.ok_or_else(gone)?;
    }
    let credentials = CredentialView::masked(&app, &owner.tenant, &found, owner.username).await?;
    Ok(Json(Updated { success: true, id: found.id, credentials }))
}

/// With other parts, or in another project, or both.
async fn stored(
    app: &App,
    caller: &Caller,
    by: By<'_>,
    tenant: &Tenant,
    found: Integration,
    body: &Update,
) -> Result<Integration> {
    let secret = match &body.credentials {
        Some(credentials) => {
            let secret = sealed_form(credentials)?;
            if type_of(&found.provider) == found.provider {
                Type::named(app, &found.provider)?.check(credentials)?;
            }
            Some(secret)
        }
        None => None,
    };
    let label = body.project_id.as_deref().map(|named| project(caller, Some(named))).transpose()?;
    let label = label.filter(|label| *label != found.label);
    if found.kind != Kind::ApiKey && (label.is_some() || secret.is_some()) {
        let sentence = "Tokens are made of this credential: save it anew by its provider's own operation";
        return Err(Error::new(Code::Conflict, sentence));
    }
    match (label, secret) {
        (None, None) => Ok(found),
        (None, Some(secret)) => typed::replace(app, tenant, &found, secret, by).await,
        (Some(label), secret) => {
            caller.label(Some(label))?;
            let secret = match secret {
                Some(secret) => secret,
                None => connect::credential(app, tenant, &found).await?,
            };
            typed::relabel(app, tenant, &found, label, secret, by).await
        }
    }
}
