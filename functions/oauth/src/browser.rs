//! The cookie that binds a handshake to one browser: the one that started it, or the one that brought a parked code. And
//! the one that binds a connect link.
//!
//! One cookie a handshake, so that two tabs do not disturb each other. Set only when the request's `Origin` is ours or
//! the front end's: anybody else's page could start a handshake and have its own account connected.

use aws_lc_rs::constant_time;
use axum::http::{HeaderMap, HeaderName, header};
use shared::{
    app::App,
    http::Result,
    oauth::start::Started,
    secret::Secret,
    store::{
        handshakes::{Handshake, LIFE, browser_hash},
        links,
    },
};

/// The header that sets the cookie, if this request may have one.
pub(crate) async fn bind(
    app: &App,
    headers: &HeaderMap,
    started: &Started,
) -> Result<Option<[(HeaderName, String); 1]>> {
    if !app.origins().await?.sent_by(headers) {
        return Ok(None);
    }
    let (own, from_us) = (app.public_url().await?, on_our_page(app, headers).await?);
    // A front end on another site gets its cookie only with `SameSite=None`, and only where the browser allows that.
    let flags = match (own.scheme(), from_us) {
        ("https", true) => "; Secure; SameSite=Lax",
        ("https", false) => "; Secure; SameSite=None",
        _ => "; SameSite=Lax",
    };
    Ok(Some(cookie(app, &started.handshake, &started.browser, flags).await?))
}

/// Whether a page of our own sent this request, and not one of the front end's.
pub(crate) async fn on_our_page(app: &App, headers: &HeaderMap) -> Result<bool> {
    let own = app.public_url().await?.origin().ascii_serialization();
    Ok(headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes() == own.as_bytes()))
}

/// The header that binds the browser which brought the code. It needs no `Origin`: nobody is signed in by it, and it opens
/// only a handshake of the very user who is signed in there.
pub(crate) async fn bind_here(
    app: &App,
    handshake: &Handshake,
    value: &Secret<String>,
) -> Result<[(HeaderName, String); 1]> {
    let secure = if app.public_url().await?.scheme() == "https" { "; Secure; SameSite=Lax" } else { "; SameSite=Lax" };
    cookie(app, handshake, value, secure).await
}

async fn cookie(
    app: &App,
    handshake: &Handshake,
    value: &Secret<String>,
    flags: &str,
) -> Result<[(HeaderName, String); 1]> {
    let (name, value) = (name(app, handshake).await?, value.expose());
    Ok([(header::SET_COOKIE, format!("{name}={value}; Path=/; Max-Age={LIFE}; HttpOnly{flags}"))])
}

/// Whether this browser is the one that the handshake is bound to.
pub(crate) async fn bound(app: &App, headers: &HeaderMap, handshake: &Handshake) -> Result<bool> {
    let Some(expected) = &handshake.browser else { return Ok(false) };
    let name = name(app, handshake).await?;
    Ok(shared::http::cookie::all(headers, &name).any(|value| {
        constant_time::verify_slices_are_equal(browser_hash(value).as_bytes(), expected.as_bytes()).is_ok()
    }))
}

async fn name(app: &App, handshake: &Handshake) -> Result<String> {
    let prefix = if app.public_url().await?.scheme() == "https" { "__Host-" } else { "" };
    let id = handshake.id.as_str();
    Ok(format!("{prefix}postern_hs_{}", &id[3..id.len().min(19)]))
}

/// The header that binds a browser to a connect link. Only a page of ours leads here.
pub(crate) async fn bind_link(app: &App, token: &str, value: &Secret<String>) -> Result<[(HeaderName, String); 1]> {
    let secure = if app.public_url().await?.scheme() == "https" { "; Secure; SameSite=Lax" } else { "; SameSite=Lax" };
    let (name, value, life) = (shared::oauth::links::cookie(app, token).await?, value.expose(), links::LIFE);
    Ok([(header::SET_COOKIE, format!("{name}={value}; Path=/; Max-Age={life}; HttpOnly{secure}"))])
}

/// The cookies that this browser has for a link.
pub(crate) async fn cookies_of_link(app: &App, headers: &HeaderMap, token: &str) -> Result<Vec<String>> {
    let name = shared::oauth::links::cookie(app, token).await?;
    Ok(shared::http::cookie::all(headers, &name).map(str::to_owned).collect())
}
