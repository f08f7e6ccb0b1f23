//! `oauth.finish`: the front end hands in the code and state that the provider sent it. Bound by the caller's sign-in.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Input, Problem, Result},
    id::IntegrationId,
    oauth::exchange,
    secret::Secret,
    store::handshakes::{self, Handshake, Status, Step},
};
use utoipa::ToSchema;

use crate::callback::FOREIGN_ISSUER;

/// What the provider sent to the front end.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Finish {
    /// Names the handshake.
    state: String,
    /// To be exchanged for tokens.
    #[serde(alias = "spapi_oauth_code")]
    #[schema(value_type = String)]
    code: Secret<String>,
    /// Who issued the code (RFC 9207).
    iss: Option<String>,
}

/// What was connected.
#[derive(Serialize, ToSchema)]
pub(crate) struct Finished {
    integration_id: IntegrationId,
    integration_type: String,
    status: &'static str,
}

/// Exchanges a code for the user who started the handshake.
#[utoipa::path(
    post, path = "/api/integrations/oauth/callback", operation_id = "oauth.finish", tag = "oauth",
    request_body = Finish,
    responses(
        (status = 200, body = Finished),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Input(body): Input<Finish>,
) -> Result<Json<Finished>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let handshake = own(&app, &caller, &body.state).await?;
    caller.may_use_provider(&handshake.provider)?;
    let issuer = exchange::issuer(&app, &handshake)?;
    if issuer.is_some_and(|issuer| body.iss.as_deref() != Some(issuer.as_str())) {
        exchange::fail(&app, &handshake, Status::Pending, FOREIGN_ISSUER).await?;
        return Err(failed(Code::HandshakeFailed, FOREIGN_ISSUER));
    }
    let consumed =
        app.store.advance_handshake(&handshake.id, Status::Pending, Status::Exchanging, Step::default()).await?;
    let handshake = consumed.ok_or_else(invalid)?;
    match exchange::exchange(&app, &handshake, &body.code).await {
        Ok(exchanged) => {
            let integration = exchange::complete(&app, &handshake, Status::Exchanging, exchanged).await?;
            Ok(Json(Finished {
                integration_id: integration.id,
                integration_type: handshake.provider,
                status: "connected",
            }))
        }
        Err(error) => {
            exchange::fail(&app, &handshake, Status::Exchanging, error.message()).await?;
            Err(failed(Code::HandshakeFailed, error.message()).caused_by(error))
        }
    }
}

/// The caller's own handshake. Somebody else's state and an unknown one read the same.
async fn own(app: &App, caller: &Caller, state: &str) -> Result<Handshake> {
    let found = app.store.handshake(&handshakes::id_of(state)).await?.ok_or_else(invalid)?;
    let starter = found.org == *caller.tenant().org() && caller.user_id().is_some_and(|user| *user == found.user);
    if !starter || found.status != Status::Pending {
        return Err(invalid());
    }
    if found.expires_at <= app.clock.epoch() {
        return Err(failed(Code::HandshakeExpired, "OAuth state expired"));
    }
    Ok(found)
}

fn invalid() -> Error {
    failed(Code::InvalidState, "Invalid OAuth state")
}

fn failed(code: Code, sentence: &str) -> Error {
    Error::new(code, format!("OAuth callback failed: {sentence}"))
}
