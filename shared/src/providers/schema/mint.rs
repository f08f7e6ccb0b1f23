//! The ways in which what a person typed in mints access tokens, without anybody's consent.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ClientAuth, Errors, Request, TokenAnswer, TokenBody, auth::space};
use crate::providers::{pointer::Pointer, template::Template};

/// `[auth.client_credentials]`: the client credentials grant (RFC 6749 section 4.4) by the client that a person typed in
/// as `client_id` and `client_secret` of `[auth.api_key]`. A typed `refresh_token` takes the place of that grant, for
/// clients that are handed one that never changes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientCredentials {
    /// Where tokens are minted. May name typed parts that are not secret.
    pub token_url: Template,
    /// Where the client's id and secret go.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// How the request's body is written.
    #[serde(default)]
    pub token_body: TokenBody,
    /// Headers of the request.
    #[serde(default)]
    pub token_headers: BTreeMap<String, Template>,
    /// Put into the request as they are. One whose typed part was left out goes with it.
    #[serde(default)]
    pub token_params: BTreeMap<String, Template>,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Between scopes.
    #[serde(default = "space")]
    pub separator: String,
    /// The life of a token whose answer does not tell, in seconds.
    pub expires_in: Option<u64>,
    /// How the answer is read.
    #[serde(default)]
    pub answer: TokenAnswer,
    /// How the token endpoint says what went wrong, beyond RFC 6749.
    #[serde(default)]
    pub errors: Errors,
}

/// `[auth.service_account]`: a signed assertion (RFC 7523) for an access token. The hook signs, the rest is data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccount {
    /// Who signs: one of `providers::hooks`.
    pub hook: String,
    /// Where tokens are minted, whatever address a typed credential names.
    pub token_url: Template,
    /// What is asked for.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// How the token endpoint says what went wrong, beyond RFC 6749.
    #[serde(default)]
    pub errors: Errors,
    /// How the answer is read.
    #[serde(default)]
    pub answer: TokenAnswer,
}

/// `[auth.session]`: a temporary credential of the same parts, which the provider gives for the typed one. It is lent in the
/// access token's place, as the JSON text of its parts, and signs requests where the typed one would.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// The optional typed part that asks for it. Without it the typed credential itself is used.
    pub needs: String,
    /// What gets it; signed by the typed credential.
    pub request: Request,
    /// Where each part of it sits in the answer.
    pub parts: BTreeMap<String, Pointer>,
    /// How many seconds it lives.
    pub expires_in: u64,
    /// Nothing of the answer is a token.
    #[serde(skip)]
    pub answer: TokenAnswer,
    /// How the provider says what went wrong, beyond RFC 6749.
    #[serde(default)]
    pub errors: Errors,
}
