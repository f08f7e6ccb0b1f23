//! Exchanges codes, rotates refresh tokens, revokes.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{Json, body::Bytes, extract::State, http::StatusCode};
use serde_json::{Map, Value, json};
use shared::http::json::query_object;

use super::{CLIENT_ID, Refusal, Sandbox};

const BAD_GRANT: Refusal = Refusal::bad("invalid_grant", "The code or token is wrong, used, expired or revoked");

/// `POST /sandbox/token`.
pub(super) async fn token(State(sandbox): State<Sandbox>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let form = authenticated(&sandbox, &body)?;
    let (now, life) = (sandbox.now(), i64::from(sandbox.0.token_seconds));
    let field = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let issued = match field("grant_type").as_str() {
        "authorization_code" => {
            let (code, address, verifier) = (field("code"), field("redirect_uri"), field("code_verifier"));
            sandbox.0.book.change(move |state| state.exchange(&code, &address, &verifier, now, life)).await?
        }
        "refresh_token" => {
            let token = field("refresh_token");
            sandbox.0.book.change(move |state| state.rotate(&token, now, life)).await?
        }
        _ => return Err(Refusal::bad("unsupported_grant_type", "Send authorization_code or refresh_token")),
    };
    let issued = issued.ok_or(BAD_GRANT)?;
    Ok(Json(json!({
        "access_token": issued.access,
        "token_type": "Bearer",
        "expires_in": sandbox.0.token_seconds,
        "refresh_token": issued.refresh,
        "scope": issued.scope,
    })))
}

/// `POST /sandbox/revoke` (RFC 7009): the same answer whether the token was known or not.
pub(super) async fn revoke(State(sandbox): State<Sandbox>, body: Bytes) -> Result<StatusCode, Refusal> {
    let form = authenticated(&sandbox, &body)?;
    let Some(token) = form.get("token").and_then(Value::as_str).map(str::to_owned) else {
        return Err(Refusal::bad("invalid_request", "token is missing"));
    };
    sandbox.0.book.change(move |state| state.revoke(&token)).await?;
    Ok(StatusCode::OK)
}

/// The form of our one client. It may leave its secret out, as programs on people's own devices must: then the proof key
/// and the rotation protect it. A secret that is sent must be right.
fn authenticated(sandbox: &Sandbox, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let form = std::str::from_utf8(body).ok().and_then(|form| query_object(form).ok());
    let form = form.ok_or(Refusal::bad("invalid_request", "Not a form, or a field twice"))?;
    let field = |name: &str| form.get(name).and_then(Value::as_str);
    let secret = sandbox.client_secret();
    let same = |sent: &str| verify_slices_are_equal(sent.as_bytes(), secret.as_bytes()).is_ok();
    if field("client_id") == Some(CLIENT_ID) && field("client_secret").is_none_or(same) {
        return Ok(form);
    }
    Err(Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", "Client id or secret is wrong"))
}
