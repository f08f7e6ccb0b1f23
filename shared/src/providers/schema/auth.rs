//! The `[auth.*]` sections: how a credential is got, renewed, given back, and put into a request.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Apply, ClientCredentials, Errors, Pattern, Request, ServiceAccount, Session};
use crate::providers::{pointer::Pointer, template::Template};

/// The ways of getting a credential; a provider has at least one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// By consent.
    pub oauth2: Option<OAuth2>,
    /// By typing it in.
    pub api_key: Option<ApiKey>,
    /// What is typed in is a client, which mints access tokens without anybody's consent.
    pub client_credentials: Option<ClientCredentials>,
    /// What is typed in signs what a token endpoint gives access tokens for.
    pub service_account: Option<ServiceAccount>,
    /// What is typed in may get a temporary credential, which is used in its stead.
    pub session: Option<Session>,
}

/// `[auth.oauth2]`: the authorization code grant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth2 {
    /// Where the browser is sent.
    pub authorize_url: Template,
    /// Where the code is exchanged.
    pub token_url: Template,
    /// Where the refresh token is, if elsewhere.
    pub refresh_url: Option<Template>,
    /// The issuer that a callback must name (RFC 9207), where the provider announces one.
    pub issuer: Option<Template>,
    /// Whether this authorization server is trusted to share callback addresses with others, as the built-in ones do: it
    /// could have another's code brought to it there (RFC 9700, 4.4). Others come back to an address of their own.
    #[serde(default)]
    pub shared_callback: bool,

    /// Asked for when the caller names none.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Between scopes in the authorize URL.
    #[serde(default = "space")]
    pub separator: String,
    /// Between scopes in the token answer; spaces and commas if absent.
    pub answer_separator: Option<String>,
    /// Scopes that contain others, which the provider then leaves out of its answer.
    #[serde(default)]
    pub implies: BTreeMap<String, Vec<String>>,

    /// Proof key for the code.
    #[serde(default)]
    pub pkce: Pkce,
    /// Why not, where `pkce = "off"`.
    pub pkce_off_because: Option<String>,
    /// Where the client's id and secret go.
    #[serde(default)]
    pub client_auth: ClientAuth,
    /// How the token request's body is written.
    #[serde(default)]
    pub token_body: TokenBody,
    /// Headers of token requests.
    #[serde(default)]
    pub token_headers: BTreeMap<String, Template>,
    /// Put into the authorize URL as they are.
    #[serde(default)]
    pub authorize_params: BTreeMap<String, Template>,
    /// Standard parameters that this authorize URL must not have.
    #[serde(default)]
    pub authorize_without: Vec<String>,
    /// Put into the code exchange as they are.
    #[serde(default)]
    pub token_params: BTreeMap<String, Template>,
    /// Put into the refresh as they are.
    #[serde(default)]
    pub refresh_params: BTreeMap<String, Template>,
    /// What the callback calls the code.
    #[serde(default = "code")]
    pub code_parameter: String,
    /// Parameters of the callback that are kept with the grant, and what all of each must match. Nobody vouches for them:
    /// whoever brings the code may have written them, so they fill requests in and never say whose account it is.
    #[serde(default)]
    pub callback_keep: BTreeMap<String, Pattern>,
    /// A client id that needs no registration and has no secret.
    pub public_client: Option<String>,
    /// The provider whose registration is used where the operator made none for this one.
    pub client_of: Option<String>,

    /// How the token answer is read.
    #[serde(default)]
    pub answer: TokenAnswer,
    /// What becomes of refresh tokens. Without it nothing is refreshed.
    pub refresh: Option<Refresh>,
    /// How a grant is given back.
    pub revoke: Option<Revoke>,
    /// How the token endpoint says what went wrong, beyond RFC 6749.
    #[serde(default)]
    pub errors: Errors,
    /// How the token is put into a request; `Authorization: Bearer` if absent.
    pub apply: Option<Apply>,
}

pub(super) fn space() -> String {
    " ".to_owned()
}

fn code() -> String {
    "code".to_owned()
}

/// Proof key for the code exchange (RFC 7636).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Pkce {
    /// Always, unless the file says why not.
    #[default]
    S256,
    /// The provider refuses it; the file says so in `pkce_off_because`.
    #[serde(rename = "off")]
    Off,
}

/// Where the client's id and secret go (RFC 6749 section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Into the body.
    #[default]
    Post,
    /// Into `Authorization: Basic`.
    Basic,
}

/// How the token request's body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenBody {
    /// As a form, which is the standard.
    #[default]
    Form,
    /// As JSON.
    Json,
}

/// `[auth.oauth2.answer]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenAnswer {
    /// Objects that may hold the token, best first; token, refresh token, life and scopes come from the same one.
    pub token_at: Vec<Pointer>,
    /// Besides `bearer`.
    pub token_types: Vec<String>,
    /// Facts to keep with the grant, none of them secret; usable as placeholders.
    pub keep: BTreeMap<String, Pointer>,
}

/// `[auth.oauth2.refresh]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Does each refresh give a new refresh token, and end the old one?
    pub rotates: bool,
    /// The life of an access token whose answer does not tell, in seconds.
    pub expires_in: Option<u64>,
    /// Days after which an unused refresh token dies.
    pub keep_alive_days: Option<u32>,
    /// The life is unknown: refresh when the API answers 401.
    #[serde(default)]
    pub on_401: bool,
    /// There are no refresh tokens: the access token itself is exchanged for one that lives longer, at once and again
    /// before it ends.
    pub exchange: Option<Exchange>,
}

/// `[auth.oauth2.refresh.exchange]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchange {
    /// What the exchange is called.
    pub grant_type: String,
    /// The parameter that takes the token.
    pub parameter: String,
}

/// `[auth.oauth2.revoke]`: `{token}` is the refresh token, or the access token where there is none. And
/// `[auth.api_key.revoke]`: `{token}` is what the provider made for a typed credential, as a sign-in does.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// What to send.
    pub request: Request,
    /// What dies with it.
    pub reach: Reach,
    /// Statuses that mean that it was gone already.
    #[serde(default)]
    pub gone_status: Vec<u16>,
    /// Codes that mean the same.
    #[serde(default)]
    pub gone_codes: Vec<String>,
}

/// What a revocation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The token, and what was refreshed from it.
    Token,
    /// All that this person granted to this client, other integrations of the same account included.
    Account,
}

/// `[auth.api_key]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiKey {
    /// Where to get it.
    pub help: Option<String>,
    /// What a person types.
    pub fields: BTreeMap<String, KeyField>,
    /// How it is put into a request. Absent where the templates name the fields themselves.
    pub apply: Option<Apply>,
    /// What a request's `path` is put behind where it carries a typed credential; the file's own if absent.
    pub base_url: Option<Template>,
    /// The cheapest call that proves a typed credential; the file's own if absent.
    pub test: Option<Request>,
    /// How a token is given back that the `enter` hook was made. What a person made is left alone.
    pub revoke: Option<Revoke>,
}

/// A part of a typed credential.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own in a provider's file")]
pub struct KeyField {
    /// What a form calls it.
    pub label: String,
    /// Where to find it.
    pub help: Option<String>,
    /// Other keys under which clients send it. Case, `_` and `-` never matter.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What all of it must match.
    pub pattern: Option<Pattern>,
    /// The domain that it is one label under. The whole host, or its https address, means that label.
    pub under: Option<String>,
    /// Sealed, masked and never given back, unless the file says otherwise.
    #[serde(default = "yes")]
    pub secret: bool,
    /// Taken with the spaces around it, which what is pasted has by accident and a password on purpose.
    #[serde(default)]
    pub verbatim: bool,
    /// May be left out.
    #[serde(default)]
    pub optional: bool,
    /// Kept with the others; what is only asked for once says `false`.
    #[serde(default = "yes")]
    pub kept: bool,
    /// A JSON object, which may also be sent as text.
    #[serde(default)]
    pub object: bool,
    /// Members by which an object is known to be this part itself, where it was sent without a name around it.
    #[serde(default)]
    pub bare_with: Vec<String>,
}

fn yes() -> bool {
    true
}
