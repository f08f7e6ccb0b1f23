//! Longer-lived tokens, where a provider has no refresh tokens and gives one for the access token itself.

use super::{
    Client,
    entry::Handed,
    token::{self, Grant},
};
use crate::{
    app::App,
    egress::Bounds,
    http::{Code, Error, Result},
    providers::{Provider, Values},
    secret::Secret,
};

/// Whether access tokens are exchanged for longer-lived ones there.
pub(super) fn exchanges(provider: &Provider) -> bool {
    let refresh = provider.oauth2().and_then(|oauth2| oauth2.refresh.as_ref());
    refresh.is_some_and(|refresh| refresh.exchange.is_some())
}

/// The longer-lived token, where the provider gives one for the token that a code brought.
pub(super) async fn lengthened(
    app: &App,
    provider: &Provider,
    client: &Client,
    grant: Grant,
    fields: &Values,
) -> Result<Grant> {
    if !exchanges(provider) {
        return Ok(grant);
    }
    let longer = exchange(app, provider, client, &grant.access_token, fields).await?;
    Ok(Grant { scopes: longer.scopes.or(grant.scopes), external: grant.external, kept: grant.kept, ..longer })
}

/// The same for a token that somebody pasted. It may be one of another app's, which ours cannot exchange: then it stays as
/// it is, and works until it ends.
pub(super) async fn handed(
    app: &App,
    provider: &Provider,
    client: Option<&Client>,
    tokens: Handed,
    fields: &Values,
) -> Handed {
    let Some(client) = client.filter(|_| exchanges(provider)) else { return tokens };
    match exchange(app, provider, client, &tokens.access_token, fields).await {
        Ok(longer) => Handed {
            access_token: longer.access_token,
            refresh_token: longer.refresh_token,
            expires_in: longer.expires_in,
            scopes: longer.scopes.unwrap_or(tokens.scopes),
        },
        Err(error) => {
            tracing::warn!(provider = provider.slug(), %error, "a pasted token is kept as it is");
            tokens
        }
    }
}

async fn exchange(
    app: &App,
    provider: &Provider,
    client: &Client,
    token: &Secret<String>,
    fields: &Values,
) -> Result<Grant> {
    let failed = || Error::new(Code::HandshakeFailed, format!("{} gave no lasting token", provider.name()));
    let call = token::refresh_request(provider, client, token, fields).map_err(|error| failed().caused_by(error))?;
    let answer = app
        .egress
        .provider(provider.hosts(), call.request, Bounds::TOKEN)
        .await
        .map_err(|error| failed().caused_by(error))?;
    token::parse_answer(provider, &answer, &call.sent).map_err(|error| failed().caused_by(error))
}
