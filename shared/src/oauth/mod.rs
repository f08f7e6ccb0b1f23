//! OAuth 2.0 as a client: from the start of a handshake to the token that is kept fresh.
//!
//! `authorize`, `pkce`, `scopes` and `token` are pure: they make requests and read answers. `start` and `exchange` are the
//! two halves of a handshake, `connect` is what makes and ends an integration, `links` do it for
//! people without a sign-in here, `refresh` keeps its token fresh.

pub mod authorize;
pub mod clients;
pub mod connect;
pub mod entry;
pub mod exchange;
mod keep;
pub mod label;
pub mod links;
mod longer;
pub mod mint;
pub mod pkce;
pub mod refresh;
pub mod revoke;
pub mod scopes;
mod sealed;
pub mod start;
#[cfg(test)]
mod tests;
pub mod token;
pub mod typed;

pub use keep::keep;

use crate::{
    providers::{Provider, Values},
    secret::Secret,
};

/// Our registration at a provider.
#[derive(Clone)]
pub struct Client {
    /// Its public id.
    pub id: String,
    /// Its secret; none for a public client.
    pub secret: Option<Secret<String>>,
}

impl Client {
    /// These values, with the client's secret where the provider's requests are signed by it.
    pub(crate) fn signing(&self, provider: &Provider, values: Values) -> Values {
        match &self.secret {
            Some(secret) if provider.signs_by_client() => values.secret("client_secret", secret.clone()),
            _ => values,
        }
    }

    /// The client that a provider's file names for everybody, where it needs no registration.
    pub fn public(provider: &Provider) -> Option<Self> {
        let id = provider.oauth2()?.public_client.clone()?;
        Some(Self { id, secret: None })
    }
}
