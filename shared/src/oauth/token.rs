//! The token endpoint: what is sent to it. What it answers is read in `answer`.

mod answer;

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

pub use self::answer::{Grant, TokenError, parse_answer, parse_minted};
use crate::{
    oauth::Client,
    providers::{
        Call, Provider, RenderError, Sent, Template, Values, address, basic, form, put,
        schema::{ClientAuth, OAuth2, Pkce, TokenBody},
    },
    secret::Secret,
};

/// Exchanges a code for a grant.
pub fn exchange_request(
    provider: &Provider,
    client: &Client,
    code: &Secret<String>,
    redirect_uri: &str,
    verifier: &Secret<String>,
    fields: &Values,
) -> Result<Call, RenderError> {
    let oauth2 = oauth2(provider)?;
    let mut params = vec![("grant_type", "authorization_code"), ("code", code.expose())];
    if !oauth2.authorize_without.iter().any(|without| without == "redirect_uri") {
        params.push(("redirect_uri", redirect_uri));
    }
    if oauth2.pkce == Pkce::S256 {
        params.push(("code_verifier", verifier.expose()));
    }
    let sent = [code.clone(), verifier.clone()];
    let post = Post { extra: &oauth2.token_params, ..Post::to(oauth2, &oauth2.token_url) };
    post.request(provider, client, params, fields, sent)
}

/// Gets a new access token. Where a provider has no refresh tokens, `refresh_token` is the access token to be exchanged.
pub fn refresh_request(
    provider: &Provider,
    client: &Client,
    refresh_token: &Secret<String>,
    fields: &Values,
) -> Result<Call, RenderError> {
    let oauth2 = oauth2(provider)?;
    let exchange = oauth2.refresh.as_ref().and_then(|refresh| refresh.exchange.as_ref());
    let (grant_type, parameter) =
        exchange.map_or(("refresh_token", "refresh_token"), |exchange| (&exchange.grant_type, &exchange.parameter));
    let params = vec![("grant_type", grant_type), (parameter, refresh_token.expose())];
    let url = oauth2.refresh_url.as_ref().unwrap_or(&oauth2.token_url);
    let post = Post { extra: &oauth2.refresh_params, ..Post::to(oauth2, url) };
    post.request(provider, client, params, fields, [refresh_token.clone()])
}

/// Gives a grant back. None where the provider has no way to.
pub fn revoke_request(
    provider: &Provider,
    client: &Client,
    access_token: &Secret<String>,
    refresh_token: Option<&Secret<String>>,
    fields: &Values,
) -> Option<Result<Call, RenderError>> {
    let revoke = provider.oauth2()?.revoke.as_ref()?;
    let token = refresh_token.unwrap_or(access_token).clone();
    let mut values = fields.clone().plain("client_id", client.id.as_str()).secret("token", token);
    values = values.access_token(access_token.clone());
    if let Some(refresh_token) = refresh_token {
        values = values.secret("refresh_token", refresh_token.clone());
    }
    if let Some(secret) = &client.secret {
        values = values.secret("client_secret", secret.clone());
    }
    Some(provider.revocation(revoke, &values))
}

/// The address that a code or refresh token goes to, to be stored with the grant and compared at each refresh.
pub fn token_host(provider: &Provider, fields: &Values) -> Result<String, RenderError> {
    let oauth2 = oauth2(provider)?;
    host(provider, oauth2.refresh_url.as_ref().unwrap_or(&oauth2.token_url), fields)
}

/// Host and port of an address.
pub(super) fn host(provider: &Provider, template: &Template, fields: &Values) -> Result<String, RenderError> {
    let url = address::build(provider, &[template], [], fields)?;
    Ok(url[url::Position::BeforeHost..url::Position::AfterPort].to_owned())
}

fn oauth2(provider: &Provider) -> Result<&OAuth2, RenderError> {
    provider.oauth2().ok_or(RenderError::Unsupported("oauth2"))
}

/// How a request to a token endpoint is written.
pub(super) struct Post<'f> {
    pub(super) url: &'f Template,
    pub(super) client_auth: ClientAuth,
    pub(super) body: TokenBody,
    pub(super) headers: &'f BTreeMap<String, Template>,
    pub(super) extra: &'f BTreeMap<String, Template>,
}

impl<'f> Post<'f> {
    fn to(oauth2: &'f OAuth2, url: &'f Template) -> Self {
        let OAuth2 { client_auth, token_body, token_headers, token_params, .. } = oauth2;
        Self { url, client_auth: *client_auth, body: *token_body, headers: token_headers, extra: token_params }
    }

    /// The request of this client.
    pub(super) fn request(
        &self,
        provider: &Provider,
        client: &Client,
        params: Vec<(&str, &str)>,
        fields: &Values,
        sent: impl IntoIterator<Item = Secret<String>>,
    ) -> Result<Call, RenderError> {
        let mut params = params;
        let mut headers = HeaderMap::new();
        match (&client.secret, self.client_auth) {
            (Some(secret), ClientAuth::Basic) => {
                headers.insert(header::AUTHORIZATION, basic(&client.id, secret)?);
            }
            (Some(secret), ClientAuth::Post) => {
                params.extend([("client_id", client.id.as_str()), ("client_secret", secret.expose())]);
            }
            // A public client names itself and proves nothing (RFC 6749 section 3.2.1).
            (None, _) => params.push(("client_id", client.id.as_str())),
        }
        let sent = Sent::new(sent.into_iter().chain(client.secret.clone()));
        self.send(provider, params, headers, fields, sent)
    }

    /// The request of nobody in particular: what vouches for it stands in `params`.
    pub(super) fn send(
        &self,
        provider: &Provider,
        params: Vec<(&str, &str)>,
        mut headers: HeaderMap,
        fields: &Values,
        sent: Sent,
    ) -> Result<Call, RenderError> {
        let extra = self.extra.iter().map(|(name, template)| Ok((name.as_str(), template.fill(fields)?)));
        let filled: Vec<(&str, String)> = extra.collect::<Result<_, RenderError>>()?;
        let mut params = params;
        params.extend(filled.iter().map(|(name, text)| (*name, text.as_str())));
        let (kind, body) = match self.body {
            TokenBody::Form => ("application/x-www-form-urlencoded", form(params)),
            TokenBody::Json => {
                let map: Map<String, Value> =
                    params.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
                ("application/json", Bytes::from(Value::Object(map).to_string()))
            }
        };
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, template) in self.headers {
            put(&mut headers, name, template, fields)?;
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = http::Method::POST;
        let url = address::build(provider, &[self.url], [], fields)?;
        *request.uri_mut() = url.as_str().parse().map_err(|_| RenderError::NotAnAddress)?;
        *request.headers_mut() = headers;
        Ok(Call { request, sent, service: None })
    }
}
