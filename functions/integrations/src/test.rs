//! `integrations.test`: does this credential work? The answer is 200 either way; `success` tells.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::Serialize;
use serde_json::Value;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Members, Problem, Result},
    oauth::{
        connect,
        entry::{self, Typed, account, prove, tried},
        refresh::{self, Fresh},
    },
    providers::{External, Provider, Values, hooks::Desk, probe::Failure},
    store::integrations::{Integration, Kind, Status},
};
use utoipa::ToSchema;

use crate::credentials::{Label, Slot, is_ours, slot, typed};

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

/// Tests the credential in the body, or the stored one where the body has none, whatever its status. A stored token that has
/// ended fails the test with the advice to connect again.
#[utoipa::path(
    post, path = "/api/integrations/{providerId}/test", operation_id = "integrations.test", tag = "integrations",
    params(("providerId" = String, Path), Label),
    request_body(content = Option<Object>, description = "`{\"credentials\": {…}}`, or the bare credentials"),
    responses(
        (status = 200, body = Tested),
        (status = 400, description = "No credentials provided and none stored", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "A part of ours is down, and nothing was tested", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
    Members(body): Members,
) -> Result<Json<Tested>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let Slot { provider, label } = match slot(&app, &caller, &provider, &label).await {
        Err(error) if error.code() == Code::UnknownProvider => return Ok(Json(Tested::failed(error.message()))),
        slot => slot?,
    };
    let typed = match typed(&app, &provider, body) {
        // What does not look like a credential, or leads nowhere, is one that does not work.
        Err(error) if matches!(error.code(), Code::Invalid | Code::AddressRefused) => {
            return Ok(Json(Tested::failed(error.message())));
        }
        typed => typed?,
    };
    match typed {
        Some(typed) => {
            let desk = Desk { app: &app, tenant: caller.tenant(), provider: &provider, label: &label, keeps: false };
            handed_in(&desk, typed).await.map(Json)
        }
        None => stored(&app, &caller, &provider, &label).await.map(Json),
    }
}

/// Tests what was handed in, and leaves nothing behind.
async fn handed_in(desk: &Desk<'_>, typed: Typed) -> Result<Tested> {
    let entered = match entry::enter(desk, typed).await {
        Ok(entered) => entered,
        Err(error) => return said(error),
    };
    let tested = at_hand(desk.app, desk.provider, &entered.typed).await;
    entry::leave(desk, &entered).await;
    Ok(tested)
}

/// What went wrong, as the test's answer; what is out of order on our side tells nothing of the credential.
fn said(error: Error) -> Result<Tested> {
    if is_ours(&error) { Err(error) } else { Ok(Tested::failed(error.message())) }
}

/// Tests what is at hand.
async fn at_hand(app: &App, provider: &Provider, typed: &Typed) -> Tested {
    match prove(app, provider, typed).await {
        Ok(proved) => Tested { success: true, data: Some(proved.data(provider, typed)), error: None },
        Err(failure) => Tested::failed(failure.to_string()),
    }
}

async fn stored(app: &App, caller: &Caller, provider: &Provider, label: &str) -> Result<Tested> {
    let found = app.store.integrations().get(caller.tenant(), provider.slug(), label).await?;
    // One that is in trouble is tried, too: that is how it gets out of it.
    let Some(integration) = found.filter(|found| found.status != Status::Pending) else {
        return Err(Error::new(Code::Invalid, "No credentials provided and none stored"));
    };
    if integration.status == Status::Inactive {
        return Ok(Tested::failed("The connection is switched off"));
    }
    let result = match integration.kind {
        Kind::Oauth => token(app, caller, provider, &integration).await?,
        // The token says nothing of the credential that minted it: another one is minted, as the first one was.
        Kind::Minted => replaced(app, caller, provider, &integration).await?,
        Kind::ApiKey => {
            let key = connect::credential(app, caller.tenant(), &integration).await?;
            at_hand(app, provider, &Typed::Key(connect::parts(provider, &key)?)).await
        }
    };
    let integrations = app.store.integrations();
    // A refresh has moved the grant, and a note about the old one is not taken.
    if let Some(integration) = integrations.get(caller.tenant(), provider.slug(), label).await? {
        integrations.touch_tested(&integration).await?;
        match &result.error {
            Some(sentence) => integrations.increment_error_count(&integration, sentence).await?,
            None => integrations.reset_error_count(&integration).await?,
        }
    }
    Ok(result)
}

/// A token that the provider calls stale is refreshed once, then tried again.
async fn token(app: &App, caller: &Caller, provider: &Provider, integration: &Integration) -> Result<Tested> {
    let fresh = match refresh::fresh(app, caller.tenant(), provider.slug(), &integration.label).await {
        Ok(fresh) => fresh,
        Err(error) => return said(error.into()),
    };
    let values = match fresh.values(app).await {
        Ok(values) => values,
        Err(error) => return said(error),
    };
    match lent(app, provider, &fresh, &values).await {
        Err(failure) if failure.wants_refresh() => replaced(app, caller, provider, &fresh.integration).await,
        Err(failure) => Ok(Tested::failed(failure.to_string())),
        Ok(tested) => Ok(tested),
    }
}

/// Tests with another token than the stored one.
async fn replaced(app: &App, caller: &Caller, provider: &Provider, integration: &Integration) -> Result<Tested> {
    let fresh = match refresh::refused(app, caller.tenant(), integration).await {
        Ok(fresh) => fresh,
        Err(error) => return said(error.into()),
    };
    match fresh.values(app).await {
        Ok(values) => {
            let tested = lent(app, provider, &fresh, &values).await;
            Ok(tested.unwrap_or_else(|failure| Tested::failed(failure.to_string())))
        }
        Err(error) => said(error),
    }
}

/// Tests with a token that is lent for it.
async fn lent(app: &App, provider: &Provider, fresh: &Fresh, values: &Values) -> Result<Tested, Failure> {
    let kept = Values::new().facts(&fresh.integration.fields);
    let told = match fresh.integration.kind {
        Kind::Minted => fresh.integration.external.clone(),
        _ => External::default(),
    };
    let (external, facts) = tried(app, provider, told, values).await?;
    let data = account(provider, &external, &kept.facts(&facts));
    Ok(Tested { success: true, data: Some(data), error: None })
}
