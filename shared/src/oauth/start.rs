//! The first half of a handshake: state, PKCE and redirect URI are fixed and kept; the browser is sent to the provider.
//!
//! Every way to connect by OAuth begins here.

use std::collections::BTreeMap;

use url::Url;

use super::{
    Client,
    authorize::{self, Consent},
    connect, links, pkce,
    sealed::seal,
};
use crate::{
    app::App,
    auth::Tenant,
    http::{Code, Error, FieldError, Result},
    id::{UserId, random_token},
    providers::{Provider, Values, credentials},
    secret::Secret,
    store::{
        handshakes::{self, Handshake, Status},
        links::Link,
    },
};

/// What the caller wants to connect.
pub struct Start<'a> {
    /// Whose organisation.
    pub tenant: &'a Tenant,
    /// The user who starts it.
    pub user: &'a UserId,
    /// The provider.
    pub provider: &'a Provider,
    /// As the provider was asked for: by its id or an alias.
    pub asked: &'a str,
    /// Which of several integrations of this provider.
    pub label: String,
    /// The redirect URI the front end wishes; ours if none.
    pub redirect_uri: Option<Url>,
    /// Where the browser goes afterwards; the front end if nothing is said.
    pub return_to: Option<Url>,
    /// An OAuth app of the caller's own, in place of the operator's.
    pub own_client: Option<Client>,
    /// Asked for in place of the file's scopes.
    pub scopes: Vec<String>,
    /// What the provider's file asks of a person before connecting.
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// The connect link that it is started from.
    pub link: Option<&'a Link>,
}

/// A handshake on its way.
pub struct Started {
    /// Where to send the browser.
    pub auth_url: Url,
    /// The handshake.
    pub handshake: Handshake,
    /// The value of the cookie that binds the starting browser.
    pub browser: Secret<String>,
}

/// Fixes everything the callback will be held to, and says where to send the browser.
pub async fn start(app: &App, wanted: Start<'_>) -> Result<Started> {
    let Start { tenant, user, provider, .. } = wanted;
    if provider.oauth2().is_none() {
        let message = format!("OAuth not supported for provider: {}", provider.slug());
        return Err(Error::new(Code::OauthUnsupported, message));
    }
    let client = client(app, provider, wanted.own_client.clone()).await?;
    let redirect_uri = redirect_uri(app, provider, wanted.redirect_uri).await?;
    let return_to = match wanted.link {
        Some(link) => links::return_address(link)?,
        None => return_address(app, wanted.return_to).await?,
    };
    connect::room(app, tenant, provider.slug(), &wanted.label).await?;

    let state = random_token();
    let id = handshakes::id_of(&state);
    let verifier = pkce::verifier();
    let fields = typed_fields(provider, &wanted.fields)?;
    let browser = Secret::new(random_token());
    let mut handshake = Handshake {
        id: id.clone(),
        org: tenant.org().clone(),
        user: user.clone(),
        provider: provider.slug().to_owned(),
        alias: (wanted.asked != provider.slug()).then(|| wanted.asked.to_owned()),
        label: wanted.label,
        client_id: client.id.clone(),
        client_secret: None,
        scopes: authorize::requested(provider, &wanted.scopes).to_vec(),
        fields: told(&fields)?,
        redirect_uri: redirect_uri.to_string(),
        return_to: return_to.to_string(),
        link: wanted.link.map(|link| link.id.clone()),
        verifier: None,
        browser: Some(handshakes::browser_hash(browser.expose())),
        status: Status::Pending,
        expires_at: app.clock.epoch() + handshakes::LIFE,
        held: None,
        account: None,
        integration: None,
        error: None,
    };
    handshake.verifier = Some(seal(app, &handshake, "verifier", &verifier).await?);
    if let Some(secret) = wanted.own_client.as_ref().and_then(|client| client.secret.as_ref()) {
        handshake.client_secret = Some(seal(app, &handshake, "client_secret", secret).await?);
    }
    let auth_url = authorize::url(
        provider,
        &Consent {
            client: &client,
            redirect_uri: redirect_uri.as_str(),
            state: &state,
            scopes: &wanted.scopes,
            challenge: &pkce::challenge(&verifier),
            fields: &fields,
        },
    )
    .map_err(|error| Error::field("/fields", error.to_string()))?;
    app.store.start_handshake(&handshake).await?;
    Ok(Started { auth_url, handshake, browser })
}

async fn client(app: &App, provider: &Provider, own: Option<Client>) -> Result<Client> {
    if let Some(own) = own {
        return Ok(own);
    }
    app.clients.get(provider).await?.ok_or_else(|| {
        let name = provider.name();
        Error::new(
            Code::NotConfigured,
            format!("{name} is not set up here: its OAuth client id and secret are missing"),
        )
    })
}

/// What a person told before connecting, as the provider's file wants it.
pub(super) fn typed_fields(provider: &Provider, typed: &serde_json::Map<String, serde_json::Value>) -> Result<Values> {
    credentials::fields(provider, typed).map_err(|invalid| {
        let errors = invalid.into_iter().map(|field| FieldError {
            pointer: format!("/fields/{}", field.key),
            detail: format!("{} {}", field.key, field.problem),
        });
        Error::fields(errors.collect())
    })
}

/// What of it is kept in the clear: the handshake's row seals only what this module puts under seal.
fn told(fields: &Values) -> Result<BTreeMap<String, String>> {
    let text = |name: &str| match fields.get_plain(name) {
        Some(value) => Ok((name.to_owned(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))),
        None => Err(Error::field(format!("/fields/{name}"), "A secret field cannot be used with OAuth")),
    };
    fields.names().map(text).collect()
}

/// The redirect URI: the given one where its origin is ours or the front end's, else our own callback.
async fn redirect_uri(app: &App, provider: &Provider, wanted: Option<Url>) -> Result<Url> {
    let own = own_callback(app, provider.slug()).await?;
    match wanted {
        Some(url) if url != own && !provider.shares_callbacks() => {
            let message = format!("redirectUri can only be {own} for this provider, or be left out");
            Err(Error::new(Code::RedirectRefused, message))
        }
        None => Ok(own),
        Some(url) => allowed(app, url, "redirectUri").await,
    }
}

/// The callback that is a provider's alone.
pub async fn own_callback(app: &App, provider: &str) -> Result<Url> {
    Ok(app.own_url(&format!("/api/integrations/oauth/callback/{provider}")).await?)
}

async fn return_address(app: &App, wanted: Option<Url>) -> Result<Url> {
    match wanted {
        Some(url) => allowed(app, url, "returnTo").await,
        None => home(app).await,
    }
}

/// Where a browser goes that is sent nowhere else: the front end, or our own start page.
pub async fn home(app: &App) -> Result<Url> {
    match &app.config.site.frontend_url {
        Some(front) => Ok(front.clone()),
        None => Ok(app.own_url("/").await?),
    }
}

async fn allowed(app: &App, url: Url, parameter: &str) -> Result<Url> {
    if app.origins().await?.holds(&url) && url.fragment().is_none() {
        return Ok(url);
    }
    let message = format!("{parameter} must lie on this service's or its front end's address");
    Err(Error::new(Code::RedirectRefused, message))
}
