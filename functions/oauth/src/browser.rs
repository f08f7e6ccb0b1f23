//! The cookie that binds a handshake to the browser that started it.
//!
//! One cookie a handshake, so that two tabs do not disturb each other. Set only when the request's `Origin` is ours or
//! the front end's: anybody else's page could start a handshake and have its own account connected.

use aws_lc_rs::{
    constant_time,
    digest::{SHA256, digest},
};
use axum::http::{HeaderMap, HeaderName, header};
use shared::{
    app::App,
    http::Result,
    oauth::start::Started,
    store::handshakes::{Handshake, LIFE},
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
    let own = app.public_url().await?;
    let from_us = headers
        .get(header::ORIGIN)
        .is_some_and(|origin| origin.as_bytes() == own.origin().ascii_serialization().as_bytes());
    // A front end on another site gets its cookie only with `SameSite=None`, and only where the browser allows that.
    let flags = match (own.scheme(), from_us) {
        ("https", true) => "; Secure; SameSite=Lax",
        ("https", false) => "; Secure; SameSite=None",
        _ => "; SameSite=Lax",
    };
    let name = name(app, &started.handshake).await?;
    let value = started.browser.expose();
    let cookie = format!("{name}={value}; Path=/; Max-Age={LIFE}; HttpOnly{flags}");
    Ok(Some([(header::SET_COOKIE, cookie)]))
}

/// Whether this browser is the one that started the handshake.
pub(crate) async fn started(app: &App, headers: &HeaderMap, handshake: &Handshake) -> Result<bool> {
    let Some(expected) = &handshake.browser else { return Ok(false) };
    let name = name(app, handshake).await?;
    Ok(shared::http::cookie::all(headers, &name).any(|value| {
        let hash = hex::encode(digest(&SHA256, value.as_bytes()));
        constant_time::verify_slices_are_equal(hash.as_bytes(), expected.as_bytes()).is_ok()
    }))
}

async fn name(app: &App, handshake: &Handshake) -> Result<String> {
    let prefix = if app.public_url().await?.scheme() == "https" { "__Host-" } else { "" };
    let id = handshake.id.as_str();
    Ok(format!("{prefix}postern_hs_{}", &id[3..id.len().min(19)]))
}
