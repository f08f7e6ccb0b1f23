//! OAuth 2.0 as a client: proof keys, authorize URLs, token requests and their answers.
//!
//! Proof keys, requests and answers are pure. Only `connect` stores and only `refresh` sends.

pub mod authorize;
pub mod clients;
pub mod connect;
pub mod pkce;
pub mod refresh;
pub mod revoke;
pub mod scopes;
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
