//! Access tokens that a typed credential mints, without anybody's consent.
//!
//! What comes of it is kept and refreshed like any other token; the credential stands where a refresh token would.

use http::HeaderMap;
use jiff::Timestamp;

use super::{
    Client,
    token::{self, Grant, Post},
};
use crate::{
    app::App,
    egress::Bounds,
    providers::{
        Call, External, How, Minting, Provider, RenderError, Sent, Values,
        hooks::{Authenticate, Claims},
        probe::Failure,
        schema::{ClientAuth, ClientCredentials, Session, TokenBody},
    },
    secret::Secret,
};

/// RFC 7523.
const ASSERTION: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The request that mints a token. `typed` holds the credential's parts and the fields beside them.
pub fn request(provider: &Provider, typed: &Values, now: Timestamp) -> Result<Call, RenderError> {
    let minting = minting(provider)?;
    match minting.how {
        How::Client(client) => by_client(provider, client, typed),
        How::Assertion(hook) => by_assertion(provider, &minting, hook, typed, now),
        How::Session(session) => provider.session(session, typed, now),
    }
}

/// The host that the credential goes to, to be stored beside it and compared at each minting.
pub fn host(provider: &Provider, typed: &Values) -> Result<String, RenderError> {
    token::host(provider, minting(provider)?.token_url, typed)
}

/// Mints a token, and so proves the credential.
pub async fn mint(app: &App, provider: &Provider, typed: &Values) -> Result<Grant, Failure> {
    let call = request(provider, typed, app.clock.now())?;
    let answer = app.egress.provider(provider.hosts(), call.request, Bounds::TOKEN).await?;
    let grant = token::parse_minted(provider, &answer, &call.sent)?;
    Ok(Grant { external: account(provider, typed).or(grant.external.clone()), ..grant })
}

/// Whose credential it is, by its own word.
pub fn account(provider: &Provider, typed: &Values) -> External {
    match provider.minting_by(typed).map(|minting| minting.how) {
        Some(How::Assertion(hook)) => hook.account(typed),
        Some(How::Client(_)) => External { id: text(typed, "client_id"), ..External::default() },
        // It acts as whatever it asks for, say a role.
        Some(How::Session(Session { needs, .. })) => External { id: text(typed, needs), ..External::default() },
        None => External::default(),
    }
}

/// The client that asks: its breaker is its own.
pub fn client(provider: &Provider, typed: &Values) -> Option<String> {
    account(provider, typed).id
}

fn minting(provider: &Provider) -> Result<Minting<'_>, RenderError> {
    provider.minting().ok_or(RenderError::Unsupported("minting"))
}

fn text(typed: &Values, name: &str) -> Option<String> {
    typed.text(name).ok().map(std::borrow::Cow::into_owned)
}

fn by_client(provider: &Provider, own: &ClientCredentials, typed: &Values) -> Result<Call, RenderError> {
    let secret = typed.text("client_secret")?.into_owned();
    let client = Client { id: typed.text("client_id")?.into_owned(), secret: Some(Secret::new(secret)) };
    let scopes = own.scopes.join(&own.separator);
    let handed = typed.text("refresh_token").ok();
    let mut params = match &handed {
        Some(token) => vec![("grant_type", "refresh_token"), ("refresh_token", token.as_ref())],
        None => vec![("grant_type", "client_credentials")],
    };
    if !scopes.is_empty() && handed.is_none() {
        params.push(("scope", &scopes));
    }
    let extra = own.token_params.iter().filter(|(_, template)| template.names().all(|name| typed.has(name)));
    let extra = extra.map(|(name, template)| (name.clone(), template.clone())).collect();
    let ClientCredentials { token_url: url, client_auth, token_body, token_headers: headers, .. } = own;
    let post = Post { url, client_auth: *client_auth, body: *token_body, headers, extra: &extra };
    let sent = handed.as_ref().map(|token| Secret::new(token.as_ref().to_owned()));
    post.request(provider, &client, params, typed, sent)
}

fn by_assertion(
    provider: &Provider,
    minting: &Minting<'_>,
    hook: &dyn Authenticate,
    typed: &Values,
    now: Timestamp,
) -> Result<Call, RenderError> {
    let url = crate::providers::address::build(provider, &[minting.token_url], [], typed)?;
    let claims = Claims { audience: url.as_str(), scopes: minting.scopes, now };
    let assertion = hook.assertion(&claims, typed)?;
    let params = vec![("grant_type", ASSERTION), ("assertion", assertion.expose().as_str())];
    let none = std::collections::BTreeMap::new();
    let post = Post {
        url: minting.token_url,
        client_auth: ClientAuth::Post,
        body: TokenBody::Form,
        headers: &none,
        extra: &none,
    };
    let sent = Sent::new([assertion.clone()].into_iter().chain(typed.secrets().cloned()));
    post.send(provider, params, HeaderMap::new(), typed, sent)
}
