//! `credentials.create`: keeps a credential, sealed. One that stands under this user, type and project is replaced.

use axum::{Extension, Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Asker, Scope},
    http::{Code, Error, FieldError, Problem, Result, Valid, Validate},
    id::{IntegrationId, RequestId},
    oauth::{
        connect::{self, By},
        typed::CHANGED,
    },
    providers::External,
    settings::{self, Changes},
    store::integrations::{Kind, NewGrant},
};
use utoipa::ToSchema;

use crate::{
    kept::{Type, check_name, project, sealed_form},
    view::CredentialView,
    whose::{Whose, about, of_all, whose},
};

/// What to keep.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Create {
    /// Whose: an id, an e-mail address or a name. The caller's own if nothing is said.
    #[serde(alias = "userId", alias = "user_id")]
    username: Option<String>,
    /// A provider's id, or a name of your own.
    #[serde(alias = "credential_type", alias = "type")]
    credential_type: String,
    /// Tells several of one type apart; `default` if nothing is said.
    #[serde(alias = "project_id")]
    project_id: Option<String>,
    /// Its parts, such as `{"api_key": "…"}`.
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    /// What you call it.
    name: Option<String>,
    /// The organisation's own, for everybody in it.
    #[serde(default)]
    global: bool,
}

impl Validate for Create {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        check_name(self.name.as_deref(), errors);
        if self.global && self.username.is_some() {
            let detail = "A credential belongs to a user or to the whole organisation".to_owned();
            errors.push(FieldError { pointer: "/global".to_owned(), detail });
        }
    }
}

/// It is kept.
#[derive(Serialize, ToSchema)]
pub(crate) struct Kept {
    success: bool,
    id: IntegrationId,
    /// With its parts masked.
    credentials: CredentialView,
}

/// Keeps a credential. It is not tried at its provider.
#[utoipa::path(
    post, path = "/api/credentials", operation_id = "credentials.create", tag = "credentials",
    request_body = Create,
    responses(
        (status = 201, description = "It is new", body = Kept),
        (status = 200, description = "It takes the place of another", body = Kept),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not in this project, or not of this type", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such user", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An OAuth connection stands there, or the user has left", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Asker,
    Extension(request): Extension<RequestId>,
    Valid(body): Valid<Create>,
) -> Result<(StatusCode, Json<Kept>)> {
    let caller = about(&app, Ok(asker), body.username.as_deref()).await?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    let kind = Type::named(&app, &body.credential_type)?;
    caller.may_use_provider(&kind.name)?;
    let label = project(&caller, body.project_id.as_deref())?;
    caller.label(Some(label))?;
    let secret = sealed_form(&body.credentials)?;
    kind.check(&body.credentials)?;
    let Whose { tenant, username } =
        if body.global { of_all(&caller)? } else { whose(&app, &caller, body.username.as_deref()).await? };
    connect::still_there(&app, &tenant).await?;
    let slot = kind.slot();
    let known = app.store.integrations().get(&tenant, &slot, label).await?;
    let mut grant = NewGrant::new(&slot, label, External::default());
    grant.kind = Kind::ApiKey;
    grant.credential = Some(secret);
    grant.only_over = Some(Kind::ApiKey);
    let by = By { actor: caller.actor(), request: Some(&request) };
    let mut kept = connect::connect_as(&app, &tenant, &grant, by, "credential.store").await?;
    if let Some(name) = body.name {
        let changes = Changes { name: Some(name.trim().to_owned()), ..Changes::default() };
        kept = settings::edit(&app, &tenant, &kept, &changes, (CHANGED, by)).await?.ok_or_else(gone)?;
    }
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let credentials = CredentialView::masked(&app, &tenant, &kept, username).await?;
    Ok((status, Json(Kept { success: true, id: kept.id, credentials })))
}

/// Somebody deleted it while it was being changed.
pub(crate) fn gone() -> Error {
    Error::new(Code::Conflict, "This credential is being changed by somebody else; try again")
}
