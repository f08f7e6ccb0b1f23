//! OAuth 2.0 as a client: from the start of a handshake to the token that is kept fresh.
//!
//! `authorize`, `pkce`, `scopes` and `token` are pure: they make requests and read answers. `start` and `exchange` are the
//! two halves of a handshake, `connect` is what makes and ends an integration, `refresh` keeps its token fresh.

pub mod authorize;
pub mod clients;
pub mod connect;
pub mod exchange;
pub mod label;
pub mod pkce;
pub mod refresh;
pub mod revoke;
pub mod scopes;
mod sealed;
pub mod start;
#[cfg(test)]
mod tests;
pub mod token;

use crate::{providers::Provider, secret::Secret};

/// Our registration at a provider.
#[derive(Clone)]
pub struct Client {
    /// Its public id.
    pub id: String,
    /// Its secret; none for a public client.
    pub secret: Option<Secret<String>>,
}

impl Client {
    /// The client that a provider's file names for everybody, where it needs no registration.
    pub fn public(provider: &Provider) -> Option<Self> {
        let id = provider.oauth2()?.public_client.clone()?;
        Some(Self { id, secret: None })
    }
}
