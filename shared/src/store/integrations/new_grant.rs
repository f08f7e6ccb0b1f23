//! What a connection is made of.

use std::collections::BTreeMap;

use super::{Kind, Provenance};
use crate::{providers::External, secret::Secret};

/// A new consent, or a credential that was typed and proved.
pub struct NewGrant {
    /// The provider's slug.
    pub provider: String,
    /// Which of several.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// The OAuth client it was given to.
    pub client_id: Option<String>,
    /// That client's secret, where it is the owner's own.
    pub client_secret: Option<Secret<String>>,
    /// The host that the refresh token may be sent to.
    pub token_host: Option<String>,
    /// How the tokens came here, where they were got elsewhere.
    pub provenance: Option<Provenance>,
    /// The access token.
    pub access: Option<Secret<String>>,
    /// The refresh token.
    pub refresh: Option<Secret<String>>,
    /// What a person typed, as JSON.
    pub credential: Option<Secret<String>>,
    /// Seconds the access token lives.
    pub expires_in: Option<u64>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Whose account it is.
    pub external: External,
    /// What a person told before connecting, and facts kept with the grant; none of it secret.
    pub fields: BTreeMap<String, String>,
    /// Only a connection of this kind is replaced: a live one of another kind is left alone, and the grant refused.
    pub only_over: Option<Kind>,
}

impl NewGrant {
    /// One without any secret yet.
    pub fn new(provider: &str, label: &str, external: External) -> Self {
        Self {
            provider: provider.to_owned(),
            label: label.to_owned(),
            kind: Kind::Oauth,
            client_id: None,
            client_secret: None,
            token_host: None,
            provenance: None,
            access: None,
            refresh: None,
            credential: None,
            expires_in: None,
            scopes: Vec::new(),
            external,
            fields: BTreeMap::new(),
            only_over: None,
        }
    }
}
