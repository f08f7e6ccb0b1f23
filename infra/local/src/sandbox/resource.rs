//! What an access token opens: who it is, and a pad of notes to act on.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use serde_json::{Value, json};

use super::{
    PEOPLE, Refusal, Sandbox,
    state::{Grant, Note},
};

/// `GET /sandbox/me`.
pub(super) async fn me(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let grant = bearer(&sandbox, &headers, "profile")?;
    let person = PEOPLE.iter().find(|(id, ..)| *id == grant.person);
    let (id, name, email) = person.ok_or(Refusal::new(StatusCode::NOT_FOUND, "not_found", "Nobody of this name"))?;
    Ok(Json(json!({ "id": id, "username": id, "name": name, "email": email })))
}

/// `GET /sandbox/notes`: newest first.
pub(super) async fn list_notes(State(sandbox): State<Sandbox>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let grant = bearer(&sandbox, &headers, "notes.read")?;
    let notes: Vec<Note> = sandbox.0.book.read(|state| state.notes(&grant.person).iter().rev().cloned().collect());
    Ok(Json(json!({ "notes": notes })))
}

/// `POST /sandbox/notes` with `{"text": "…"}`.
pub(super) async fn add_note(
    State(sandbox): State<Sandbox>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<Note>), Refusal> {
    let grant = bearer(&sandbox, &headers, "notes.write")?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = body["text"].as_str().filter(|text| (1..=2000).contains(&text.len()));
    let text = text.ok_or(Refusal::bad("invalid_request", "text of 1 to 2000 bytes is needed"))?;
    let note = Note {
        id: format!("note_{}", shared::id::random_token()),
        text: text.to_owned(),
        created_at: sandbox.0.clock.now().to_string(),
    };
    let kept = note.clone();
    sandbox.0.book.change(move |state| state.add_note(&grant.person, kept)).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

fn bearer(sandbox: &Sandbox, headers: &HeaderMap, scope: &str) -> Result<Grant, Refusal> {
    let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = token.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    let now = sandbox.now();
    let grant = sandbox.0.book.read(|state| state.bearer(token, now).cloned());
    let grant = grant.ok_or(Refusal::new(StatusCode::UNAUTHORIZED, "invalid_token", "Unknown, expired or revoked"))?;
    if grant.scope.split(' ').any(|given| given == scope) {
        return Ok(grant);
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "insufficient_scope", "This scope was not granted"))
}
