//! `integrations.test`: does this credential work? The answer is 200 either way; `success` tells.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Members, Problem, Result},
    oauth::refresh,
    providers::{Provider, Values, credentials::api_key},
    store::integrations::{Integration, Kind},
};
use utoipa::ToSchema;

use crate::credentials::{Label, account, prove, provider as named, typed};

/// How the test went.
#[derive(Serialize, ToSchema)]
pub(crate) struct Tested {
    success: bool,
    /// Whose account it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// What the provider said against it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Tested {
    fn failed(sentence: impl Into<String>) -> Self {
        Self { success: false, data: None, error: Some(sentence.into()) }
    }
}

/// Tests the credential in the body, or the stored one where the body has none.
#[utoipa::path(
    post, path = "/api/integrations/{providerId}/test", operation_id = "integrations.test", tag = "integrations",
    params(("providerId" = String, Path), Label),
    request_body(content = Option<Object>, description = "`{\"credentials\": {…}}`, or the bare credentials"),
    responses(
        (status = 200, body = Tested),
        (status = 400, description = "No credentials provided and none stored", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
    Members(body): Members,
) -> Result<Json<Tested>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let provider = match named(&app, &provider) {
        Ok(provider) => provider,
        Err(error) if error.code() == Code::UnknownProvider => return Ok(Json(Tested::failed(error.message()))),
        Err(error) => return Err(error),
    };
    caller.may_use_provider(provider.slug())?;
    match typed(&provider, body)? {
        Some(typed) => Ok(Json(tested(prove(&app, &provider, &typed.values()).await))),
        None => stored(&app, &caller, &provider, label.get()?).await.map(Json),
    }
}

fn tested(proved: Result<shared::providers::External, shared::providers::probe::Failure>) -> Tested {
    match proved {
        Ok(external) => Tested { success: true, data: Some(account(&external)), error: None },
        Err(failure) => Tested::failed(failure.to_string()),
    }
}

async fn stored(app: &App, caller: &Caller, provider: &Provider, label: &str) -> Result<Tested> {
    let found = app.store.integrations().get(caller.tenant(), provider.slug(), label).await?;
    let Some(integration) = found.filter(Integration::connected) else {
        return Err(Error::new(Code::Invalid, "No credentials provided and none stored"));
    };
    let result = match integration.kind {
        Kind::Oauth => oauth(app, caller, provider, &integration).await?,
        Kind::ApiKey => {
            let key = shared::oauth::connect::credential(app, caller.tenant(), &integration).await?;
            tested(prove(app, provider, &stored_values(provider, &key)?).await)
        }
    };
    app.store.integrations().touch_tested(&integration, result.success).await?;
    Ok(result)
}

fn stored_values(provider: &Provider, key: &shared::secret::Secret<String>) -> Result<Values> {
    let map: Map<String, Value> = serde_json::from_str(key.expose()).map_err(Error::internal)?;
    api_key(provider, &map)
        .map_err(|_| Error::new(Code::Invalid, "The stored credential no longer fits; save it again"))
}

/// A token that the provider calls stale is refreshed once, then tried again.
async fn oauth(app: &App, caller: &Caller, provider: &Provider, integration: &Integration) -> Result<Tested> {
    let fresh = match refresh::fresh(app, caller.tenant(), provider.slug(), &integration.label).await {
        Ok(fresh) => fresh,
        Err(error) => return Ok(Tested::failed(Error::from(error).message())),
    };
    let values = Values::new().access_token(fresh.access_token.clone());
    match prove(app, provider, &values).await {
        Err(failure) if failure.wants_refresh() => {
            match refresh::refused(app, caller.tenant(), &fresh.integration).await {
                Ok(fresh) => Ok(tested(prove(app, provider, &Values::new().access_token(fresh.access_token)).await)),
                Err(error) => Ok(Tested::failed(Error::from(error).message())),
            }
        }
        proved => Ok(tested(proved)),
    }
}
