//! `oauth.status`: how far a handshake is, told to the one who started it and to nobody else.

use axum::{
    Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Error, Problem, Result},
    id::HandshakeId,
    oauth::scopes::missing,
    store::handshakes::{Handshake, Status},
};
use utoipa::ToSchema;

/// How far a handshake is. It never carries a secret.
#[derive(Serialize, ToSchema)]
pub(crate) struct HandshakeStatus {
    /// `pending`, `completed`, `failed` or `expired`.
    status: &'static str,
    /// When it runs out.
    #[serde(rename = "expiresAt", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// What was connected, once it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    credentials: Option<Connected>,
    /// Why it came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The new connection, without its secrets.
#[derive(Serialize, ToSchema)]
struct Connected {
    email: Option<String>,
    scopes: Vec<String>,
    /// Asked for and not granted.
    #[serde(rename = "missingScopes")]
    missing_scopes: Vec<String>,
    #[serde(rename = "expiresAt")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    #[serde(rename = "accountId")]
    account_id: Option<String>,
}

/// Tells how far a handshake is. An unknown id and somebody else's read the same.
#[utoipa::path(
    get, path = "/api/integrations/oauth/status/{handshakeId}", operation_id = "oauth.status", tag = "oauth",
    params(("handshakeId" = String, Path)),
    responses(
        (status = 200, body = HandshakeStatus),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<HandshakeStatus>> {
    caller.require_scope(Scope::IntegrationsRead)?;
    let Ok(id) = id.parse::<HandshakeId>() else { return Ok(Json(unknown())) };
    let found = app.store.handshake(&id).await?;
    let own = found.filter(|handshake| {
        handshake.org == *caller.tenant().org()
            && caller.user_id().is_some_and(|user| *user == handshake.user)
            && caller.may_see(&handshake.provider, &handshake.label)
    });
    match own {
        Some(handshake) => Ok(Json(view(&app, &caller, handshake).await?)),
        None => Ok(Json(unknown())),
    }
}

fn unknown() -> HandshakeStatus {
    let error = Some("Handshake not found or expired".to_owned());
    HandshakeStatus { status: "expired", expires_at: None, credentials: None, error }
}

async fn view(app: &App, caller: &Caller, handshake: Handshake) -> Result<HandshakeStatus> {
    let expires_at = Some(Timestamp::from_second(handshake.expires_at).map_err(Error::internal)?);
    let credentials = match (handshake.status, &handshake.integration) {
        (Status::Completed, Some(_)) => connected(app, caller, &handshake).await?,
        _ => None,
    };
    Ok(match handshake.status {
        Status::Completed => HandshakeStatus { status: "completed", expires_at, credentials, error: None },
        Status::Failed => HandshakeStatus { status: "failed", expires_at, credentials, error: handshake.error },
        _ if handshake.expires_at <= app.clock.epoch() => unknown(),
        _ => HandshakeStatus { status: "pending", expires_at, credentials, error: None },
    })
}

async fn connected(app: &App, caller: &Caller, handshake: &Handshake) -> Result<Option<Connected>> {
    let found = app.store.integrations().get(caller.tenant(), &handshake.provider, &handshake.label).await?;
    let provider = app.provider(&handshake.provider)?;
    Ok(found.map(|integration| Connected {
        missing_scopes: missing(&provider, &handshake.scopes, Some(&integration.scopes)),
        email: integration.external.email,
        scopes: integration.scopes,
        expires_at: integration.expires_at,
        account_id: integration.external.id,
    }))
}
