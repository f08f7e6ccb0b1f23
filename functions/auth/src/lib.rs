//! Accounts: register, log in, refresh, log out, who am I; service keys for back ends; the public keys of our tokens.
//!
//! One file an operation. What they decide is in `shared::auth`; here is only what goes in and what comes out.

mod create_key;
mod jwks;
mod list_keys;
mod login;
mod logout;
mod me;
mod refresh;
mod register;
mod revoke_key;
mod view;

use axum::extract::DefaultBodyLimit;
use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// No body here is longer than a few passwords: what is larger is turned away before anything is hashed.
const BODY_LIMIT: usize = 16 * 1024;

/// All operations of the group.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(register::register))
        .routes(routes!(login::login))
        .routes(routes!(refresh::refresh))
        .routes(routes!(logout::logout))
        .routes(routes!(me::me))
        .routes(routes!(list_keys::list_keys, create_key::create_key))
        .routes(routes!(revoke_key::revoke_key))
        .routes(routes!(jwks::jwks))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
}
