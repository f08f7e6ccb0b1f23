//! `oauth.use_link`: the form of a connect link's page. Starts the handshake, or takes a typed credential.
//!
//! Nobody is signed in here. The link belongs to the first browser that begins, by a cookie.

use axum::{
    extract::State,
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde_json::{Map, Value};
use shared::{
    app::App,
    config::Window,
    http::{Code, Error, Members, Problem, Result},
    id::random_token,
    limits::hold,
    oauth::{self, links, start::Start},
    providers::Provider,
    secret::Secret,
    store::links::{Link, Status, Wanted, hash_of},
};

use crate::{
    browser,
    link_form::{Way, Wrong, status_again, typed},
    link_page,
    start::onward,
    typed_link,
};

/// Tries with one link.
const TRIES: Window = Window { max: 30, per: std::time::Duration::from_mins(30) };

/// Begins to connect by a link
///
/// A form: `link`, `provider`, `way` (`consent` or `key`), and what the provider asks for, as `field.<name>` or `key.<name>`.
#[utoipa::path(
    post, path = "/oauth/link", operation_id = "oauth.use_link", tag = "connect",
    request_body(content = Object, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "On to the provider, or to the return address", content_type = "text/html"),
        (status = 303, description = "Back to the link's page, which is used, begun in another browser, or too old"),
        (status = 400, description = "The page once more, which says what is wrong", content_type = "text/html"),
        (status = 403, description = "The form came from another site", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handle(State(app): State<App>, headers: HeaderMap, Members(form): Members) -> Result<Response> {
    if !browser::on_our_page(&app, &headers).await? {
        return Err(Error::new(Code::ForeignOrigin, "This request must come from a page of this site"));
    }
    let text = |name: &str| form.get(name).and_then(Value::as_str).unwrap_or_default();
    let token = text("link");
    let own = browser::cookies_of_link(&app, &headers, token).await?;
    let free = links::usable(&app, token).await?.filter(|link| links::is_free_for(link, own.iter()));
    let Some(link) = free else { return page(&app, token).await };
    let cookie = own.into_iter().find(|value| link.browser.as_deref() == Some(hash_of(value).as_str()));
    let cookie = Secret::new(cookie.unwrap_or_else(random_token));
    if !app.store.begin_link(&link.id, &hash_of(cookie.expose())).await? {
        return page(&app, token).await;
    }
    let link = Link { status: Status::Started, ..link };
    let bound = browser::bind_link(&app, token, &cookie).await?;
    let answer = match go_on(&app, &headers, &link, text("provider"), &form).await {
        Ok(answer) => answer,
        // The link belongs to this browser from now on, whatever went wrong: without its cookie nobody could go on.
        Err(error) => again(&app, token, &link, &form, error).await.into_response(),
    };
    Ok((AppendHeaders(bound), answer).into_response())
}

/// The page once more, with what was wrong. What is no doing of the person's, the provider's or the operator's is an error.
async fn again(app: &App, token: &str, link: &Link, form: &Map<String, Value>, error: Error) -> Result<Response> {
    let Some(status) = status_again(&error) else { return Err(error) };
    tracing::info!(%error, "a connect link's form was not taken");
    // Somebody else's doing meanwhile: the link's page knows how it stands.
    if error.code() == Code::ConnectLinkRefused {
        return page(app, token).await;
    }
    let provider = form.get("provider").and_then(Value::as_str).unwrap_or_default();
    let way = app.provider(provider).map_or(Way::Consent, |provider| Way::of(form, &provider));
    let wrong = Wrong { provider, way, form, error: &error };
    let mut response = link_page::page(app, token, link, status, Some(&wrong)).await?;
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn go_on(
    app: &App,
    headers: &HeaderMap,
    link: &Link,
    provider: &str,
    form: &Map<String, Value>,
) -> Result<Response> {
    let counted = app.store.count(&["link", link.id.as_str()], &[TRIES]).await?;
    hold(&counted, "Too many tries with this link")?;
    let wanted = link.providers.get(provider).ok_or_else(|| Error::field("/provider", "Not one of this link's"))?;
    let provider = app.provider(provider)?;
    // Other spellings of a name would stand beside what the app has settled, which is not the person's to change.
    let settled = || wanted.fields.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
    let way = Way::of(form, &provider);
    let mut fields = typed(form, &provider, way);
    fields.extend(settled());
    if way == Way::Key {
        return Ok(onward(&typed_link::take(app, link, &provider, wanted, fields).await?));
    }
    by_consent(app, headers, link, &provider, wanted, fields).await
}

async fn by_consent(
    app: &App,
    headers: &HeaderMap,
    link: &Link,
    provider: &Provider,
    wanted: &Wanted,
    fields: Map<String, Value>,
) -> Result<Response> {
    let start = Start {
        tenant: &links::tenant(link),
        user: &link.user,
        provider,
        asked: provider.slug(),
        label: wanted.label.clone(),
        redirect_uri: None,
        return_to: None,
        own_client: None,
        scopes: wanted.scopes.clone(),
        fields,
        link: Some(link),
    };
    let started = oauth::start::start(app, start).await?;
    let cookie = browser::bind(app, headers, &started).await?;
    let cookies = cookie.into_iter().flatten();
    Ok((AppendHeaders(cookies), onward(&started.auth_url)).into_response())
}

/// Back to the link's page, which says how it stands.
async fn page(app: &App, token: &str) -> Result<Response> {
    let mut url = app.own_url("/connect").await?;
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.push(token);
    }
    let mut response = Redirect::to(url.as_str()).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}
