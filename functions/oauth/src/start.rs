//! `oauth.start`: fixes a handshake and says where to send the browser.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName},
    response::{Html, IntoResponse, Redirect, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Code, Error, Input, Problem, Result, field, html},
    id::HandshakeId,
    oauth::{self, Client},
    secret::Secret,
};
use url::Url;
use utoipa::ToSchema;

use crate::browser;

/// What may be said about the handshake; all of it is optional.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Start {
    /// Where the provider sends the browser: on our address or the front end's. Ours if nothing is said.
    #[serde(alias = "redirectUri", default, deserialize_with = "field::maybe_address")]
    redirect_uri: Option<Url>,
    /// Where the browser goes when all is done.
    #[serde(
        alias = "returnTo",
        alias = "returnUrl",
        alias = "return_url",
        default,
        deserialize_with = "field::maybe_address"
    )]
    return_to: Option<Url>,
    /// Tells several accounts at one provider apart.
    label: Option<String>,
    /// An OAuth app of the caller's own.
    #[serde(alias = "oauthConfig")]
    oauth_config: Option<OwnClient>,
    /// What the provider's file asks for before connecting, such as a subdomain.
    #[serde(default)]
    #[schema(value_type = Object)]
    fields: Map<String, Value>,
    /// Asked for in place of the provider's default scopes.
    #[serde(default)]
    scopes: Vec<String>,
}

/// An OAuth app of the caller's own.
#[derive(Deserialize, ToSchema)]
struct OwnClient {
    #[serde(alias = "clientId")]
    client_id: String,
    #[serde(alias = "clientSecret")]
    #[schema(value_type = String)]
    client_secret: Secret<String>,
}

/// The union of what D4's and D3's clients expect.
#[derive(Serialize, ToSchema)]
pub(crate) struct Started {
    /// Where to send the browser (D4).
    #[serde(rename = "authUrl")]
    pub(crate) auth_url: Url,
    /// The same (D3).
    oauth_url: Url,
    /// Ask `oauth.status` with this.
    #[serde(rename = "handshakeId")]
    handshake_id: HandshakeId,
    /// When it runs out.
    #[serde(rename = "expiresAt")]
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Begins to connect an account by OAuth.
#[utoipa::path(
    post, path = "/api/integrations/oauth/start/{providerId}", operation_id = "oauth.start", tag = "oauth",
    params(("providerId" = String, Path, description = "A provider's id or alias")),
    request_body = Option<Start>,
    responses(
        (status = 200, body = Started),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "The provider has no OAuth", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    headers: HeaderMap,
    Input(body): Input<Start>,
) -> Result<Response> {
    let page = html::wanted(&headers);
    match begin(&app, &caller, &provider, &headers, body).await {
        Ok((started, cookie)) if page => Ok((cookie, onward(&started.auth_url)).into_response()),
        Ok((started, cookie)) => Ok((cookie, Json(started)).into_response()),
        // A person is looking at it: back to the page with the buttons, which says what is wrong.
        Err(error) if page => {
            let mut home = app.own_url("/").await?;
            home.query_pairs_mut().append_pair("oauth_error", error.code().as_str());
            Ok(Redirect::to(home.as_str()).into_response())
        }
        Err(error) => Err(error),
    }
}

impl Start {
    /// The usual connection, with what a person typed beforehand; back to the console.
    pub(crate) fn typed(return_to: Url, fields: Map<String, Value>) -> Self {
        Self { fields, ..Self::at(None, Some(return_to)) }
    }

    /// The usual connection, with these addresses.
    pub(crate) fn at(redirect_uri: Option<Url>, return_to: Option<Url>) -> Self {
        let (label, oauth_config) = (None, None);
        Self { redirect_uri, return_to, label, oauth_config, fields: Map::new(), scopes: Vec::new() }
    }
}

/// Begins a handshake; gives what the caller is told, and the cookie that binds the browser.
pub(crate) async fn begin(
    app: &App,
    caller: &Caller,
    asked: &str,
    headers: &HeaderMap,
    body: Start,
) -> Result<(Started, Option<[(HeaderName, String); 1]>)> {
    let provider = app.provider(asked)?;
    caller.require_scope(Scope::IntegrationsWrite)?;
    caller.may_use_provider(provider.slug())?;
    let user = caller.user_id().ok_or_else(|| Error::new(Code::Forbidden, "Say for which user, by X-On-Behalf-Of"))?;
    let own_client = body.oauth_config.map(own_client).transpose()?;
    let return_to = match body.return_to {
        // A form on a page of ours brings the person back to that page, and not to the front end.
        None if html::wanted(headers) && browser::on_our_page(app, headers).await? => Some(app.own_url("/").await?),
        told => told,
    };
    let started = oauth::start::start(
        app,
        oauth::start::Start {
            tenant: caller.tenant(),
            user,
            provider: &provider,
            asked,
            label: caller.label(body.label.as_deref())?.to_owned(),
            redirect_uri: body.redirect_uri,
            return_to,
            own_client,
            scopes: body.scopes,
            fields: body.fields,
            link: None,
        },
    )
    .await?;
    let cookie = browser::bind(app, headers, &started).await?;
    let handshake = started.handshake;
    let answer = Started {
        oauth_url: started.auth_url.clone(),
        auth_url: started.auth_url,
        handshake_id: handshake.id,
        expires_at: Timestamp::from_second(handshake.expires_at).map_err(Error::internal)?,
    };
    Ok((answer, cookie))
}

/// The same by D3's name; a provider without OAuth is a 400 here, as its clients know it.
#[utoipa::path(
    post, path = "/api/integrations/connect/{type}", operation_id = "oauth.connect", tag = "oauth",
    params(("type" = String, Path, description = "A provider's id or alias")),
    request_body = Option<Start>,
    responses((status = 200, body = Started), (status = 400, body = Problem, content_type = "application/problem+json")),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-alias-of" = json!("oauth.start"))),
)]
pub(crate) async fn connect(
    state: State<App>,
    caller: Caller,
    provider: Path<String>,
    headers: HeaderMap,
    body: Input<Start>,
) -> Result<Response> {
    handle(state, caller, provider, headers, body).await.map_err(|error| {
        // Whatever is wrong with the name, its clients know it as a 400.
        let named = matches!(error.code(), Code::OauthUnsupported | Code::UnknownProvider);
        if named { error.status(axum::http::StatusCode::BAD_REQUEST) } else { error }
    })
}

/// A page that goes on to the provider by itself. A redirect would still be the form's doing, which the page with the form
/// allows to lead to ourselves only; and many a provider sends the browser on to hosts that nobody has told us.
pub(crate) fn onward(url: &Url) -> Response {
    // An address has no quotes and no angle brackets; the ampersand is all that HTML would read otherwise.
    let link = url.as_str().replace('&', "&amp;");
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>To the provider</title>\
         <meta http-equiv=\"refresh\" content=\"0;url={link}\"><p><a href=\"{link}\">Go on to the provider</a></p>"
    );
    Html(html).into_response()
}

/// A client of the caller's own, whole: its refreshes need the secret as well.
fn own_client(own: OwnClient) -> Result<Client> {
    if own.client_id.is_empty() || own.client_secret.expose().is_empty() {
        return Err(Error::field("/oauthConfig", "An OAuth app of your own takes a clientId and a clientSecret"));
    }
    Ok(Client { id: own.client_id, secret: Some(own.client_secret) })
}
