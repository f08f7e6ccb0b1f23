//! The address that the browser is sent to for a person's consent.

use url::Url;

use crate::{
    oauth::Client,
    providers::{Provider, RenderError, Values, address, schema::Pkce},
};

/// What one round trip puts into the address.
pub struct Consent<'a> {
    /// Our registration; only its id is shown.
    pub client: &'a Client,
    /// Where the provider sends the browser back to.
    pub redirect_uri: &'a str,
    /// Ties the answer to this round trip.
    pub state: &'a str,
    /// What is asked for; the file's default scopes if empty.
    pub scopes: &'a [String],
    /// From [`pkce::challenge`](super::pkce::challenge); used unless the provider's file says that it takes none.
    pub challenge: &'a str,
    /// What the person told before connecting.
    pub fields: &'a Values,
}

/// Builds the address. Fails where the provider has no OAuth, or a field is missing.
pub fn url(provider: &Provider, consent: &Consent<'_>) -> Result<Url, RenderError> {
    let oauth2 = provider.oauth2().ok_or(RenderError::Unsupported("oauth2"))?;
    let scopes = requested(provider, consent.scopes).join(&oauth2.separator);
    let mut query = vec![
        ("response_type", "code".to_owned()),
        ("client_id", consent.client.id.clone()),
        ("redirect_uri", consent.redirect_uri.to_owned()),
    ];
    if !scopes.is_empty() {
        query.push(("scope", scopes));
    }
    query.retain(|(name, _)| !oauth2.authorize_without.iter().any(|without| without == name));
    query.push(("state", consent.state.to_owned()));
    if oauth2.pkce == Pkce::S256 {
        query.push(("code_challenge", consent.challenge.to_owned()));
        query.push(("code_challenge_method", "S256".to_owned()));
    }
    for (name, template) in &oauth2.authorize_params {
        let text = template.fill(consent.fields)?;
        // A choice of nothing leaves the parameter out; what was not told at all is missing.
        let chosen = |name: &str| provider.file().fields.get(name).is_some_and(|field| !field.choices.is_empty());
        match text.is_empty() {
            false => query.push((name, text)),
            true if template.names().all(chosen) => {}
            true => return Err(RenderError::Missing(name.clone())),
        }
    }
    address::build(provider, &[&oauth2.authorize_url], query, consent.fields)
}

/// The scopes that are asked for: the caller's, or the file's where it names none.
pub fn requested<'a>(provider: &'a Provider, scopes: &'a [String]) -> &'a [String] {
    match provider.oauth2() {
        Some(oauth2) if scopes.is_empty() => &oauth2.scopes,
        _ => scopes,
    }
}

/// The issuer that a callback must name (RFC 9207), where the provider announces one.
pub fn issuer(provider: &Provider, fields: &Values) -> Result<Option<String>, RenderError> {
    let issuer = provider.oauth2().and_then(|oauth2| oauth2.issuer.as_ref());
    issuer.map(|issuer| issuer.fill(fields)).transpose()
}
