//! `oauth.finish`: the front end hands in the code and state that the provider sent it. Bound by the caller's sign-in.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Input, Problem, Result},
    id::IntegrationId,
    oauth::exchange,
    secret::Secret,
    store::{
        handshakes::{self, Handshake, Status, Step},
        integrations::Integration,
    },
};
use utoipa::ToSchema;

use crate::callback::{DENIED, FOREIGN_ISSUER, says_no};

/// What the provider sent to the front end.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Finish {
    /// Names the handshake.
    #[serde(default)]
    pub(crate) state: String,
    /// To be exchanged for tokens.
    #[serde(alias = "spapi_oauth_code")]
    #[schema(value_type = Option<String>)]
    pub(crate) code: Option<Secret<String>>,
    /// The user or the provider said no. Its description is not read: anybody can write it.
    pub(crate) error: Option<String>,
    /// Who issued the code (RFC 9207). Older clients do not hand it on; one that is not the provider's is refused.
    pub(crate) iss: Option<String>,
    /// What else the provider sent, as Amazon does `selling_partner_id`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub(crate) told: Map<String, Value>,
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
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Input(body): Input<Finish>,
) -> Result<Json<Finished>> {
    let integration = redeemed(&app, &caller, body, None).await?;
    Ok(Json(Finished { integration_id: integration.id, integration_type: integration.provider, status: "connected" }))
}

/// Redeems the caller's own handshake, where it is with this provider.
pub(crate) async fn redeemed(app: &App, caller: &Caller, body: Finish, provider: Option<&str>) -> Result<Integration> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    if body.state.is_empty() {
        return Err(missing());
    }
    let handshake = own(app, caller, &body.state).await?;
    if provider.is_some_and(|provider| provider != handshake.provider) {
        return Err(invalid());
    }
    caller.may_use_provider(&handshake.provider)?;
    if !app.provider(&handshake.provider)?.shares_callbacks() {
        // Whose code this is nobody can tell: what this provider answers goes to its own callback, not to a front end.
        return Err(failed(Code::HandshakeFailed, "This provider's answer is taken at its own callback alone"));
    }
    if let Some(refusal) = refused(app, &handshake, &body)? {
        exchange::fail(app, &handshake, Status::Pending, refusal).await?;
        return Err(failed(Code::HandshakeFailed, refusal));
    }
    let code = body.code.filter(|code| !code.expose().is_empty()).ok_or_else(missing)?;
    let step = Step { fields: exchange::told(app, &handshake, &body.told)?, ..Step::default() };
    let consumed = app.store.advance_handshake(&handshake.id, Status::Pending, Status::Exchanging, step).await?;
    let handshake = consumed.ok_or_else(invalid)?;
    match exchange::exchange(app, &handshake, &code).await {
        Ok(exchanged) => exchange::complete(app, &handshake, Status::Exchanging, exchanged).await,
        Err(error) => {
            exchange::fail(app, &handshake, Status::Exchanging, error.message()).await?;
            Err(failed(Code::HandshakeFailed, error.message()).caused_by(error))
        }
    }
}

/// What the provider's answer says against going on. The code goes to the provider that the state names, and this caller
/// started it; that is what guards where a client hands on no issuer.
fn refused(app: &App, handshake: &Handshake, body: &Finish) -> Result<Option<&'static str>> {
    if says_no(body.error.as_deref()) {
        return Ok(Some(DENIED));
    }
    let issuer = exchange::issuer(app, handshake)?;
    let foreign = issuer.is_some_and(|issuer| body.iss.as_deref().is_some_and(|told| told != issuer));
    Ok(foreign.then_some(FOREIGN_ISSUER))
}

/// The caller's own handshake. Somebody else's state and an unknown one read the same.
async fn own(app: &App, caller: &Caller, state: &str) -> Result<Handshake> {
    let found = app.store.handshake(&handshakes::id_of(state)).await?.ok_or_else(invalid)?;
    let starter = found.org == *caller.tenant().org() && caller.user_id().is_some_and(|user| *user == found.user);
    // A link's handshake is finished by its browser alone.
    if !starter || found.link.is_some() || found.status != Status::Pending {
        return Err(invalid());
    }
    if found.expires_at <= app.clock.epoch() {
        return Err(failed(Code::HandshakeExpired, "OAuth state expired"));
    }
    Ok(found)
}

fn missing() -> Error {
    failed(Code::Invalid, "Missing code or state")
}

fn invalid() -> Error {
    failed(Code::InvalidState, "Invalid OAuth state")
}

fn failed(code: Code, sentence: &str) -> Error {
    Error::new(code, format!("OAuth callback failed: {sentence}"))
}
