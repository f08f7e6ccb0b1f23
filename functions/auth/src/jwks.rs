//! Publishes the keys that our access tokens are verified with.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
};
use serde::Serialize;
use shared::{
    app::App,
    http::{Error, Problem},
    seeds::{Jwk, Key},
};
use utoipa::ToSchema;

/// A key set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub(crate) struct Keys {
    /// The key that signs now, and during a rotation the one before it.
    keys: Vec<Jwk>,
}

/// The public keys of our tokens
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "auth.jwks", tag = "auth",
    responses(
        (status = 200, description = "The key set", body = Keys),
        (status = 503, description = "The keys cannot be had", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn jwks(State(app): State<App>) -> Result<([(HeaderName, &'static str); 1], Json<Keys>), Error> {
    let keys = app.seeds.keys().await?;
    let public = Keys { keys: keys.all().map(Key::jwk).collect() };
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(public)))
}
