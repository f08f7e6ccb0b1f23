//! Where a browser goes when its handshake is over, and what it is told there, in the words of each older front end.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::{app::App, http::Result, oauth::start::home, store::handshakes::Handshake};
use url::Url;

use crate::callback::{Arrival, Outcome};

/// The parameter by which D2's front end knows that nothing was connected.
const REFUSED: &str = "error";

/// Sends the browser back to where it was started from.
pub(crate) async fn back(app: &App, handshake: &Handshake, outcome: Outcome) -> Result<Response> {
    let mut url = match handshake.return_to.parse::<Url>() {
        Ok(url) => url,
        Err(_) => home(app).await?,
    };
    if handshake.link.is_some() {
        tell_link(&mut url, &outcome);
        return Ok(see(&url));
    }
    let (name, value) = match &outcome {
        Outcome::Error(sentence) => ("oauth_error", *sentence),
        // D4's client compares it with what it asked for.
        _ => ("oauth_success", handshake.alias.as_deref().unwrap_or(&handshake.provider)),
    };
    url.query_pairs_mut().append_pair(name, value);
    // What D2's front end looks for when somebody returns.
    let called = match handshake.provider.as_str() {
        "google_calendar" => Some("googleCalendar"),
        "google_drive" => Some("googleDrive"),
        _ => None,
    };
    if let Some(called) = called {
        let (name, value) = if name == "oauth_success" { (called, "connected") } else { (REFUSED, value) };
        url.query_pairs_mut().append_pair(name, value);
    }
    Ok(see(&url))
}

/// Sends a browser on whose handshake is not known. Where D2's apps are registered, it is told in D2's word as well.
pub(crate) async fn lost(app: &App, arrival: Arrival<'_>, sentence: &str) -> Result<Response> {
    let mut url = home(app).await?;
    url.query_pairs_mut().append_pair("oauth_error", sentence);
    if matches!(arrival, Arrival::At(_)) {
        url.query_pairs_mut().append_pair(REFUSED, sentence);
    }
    Ok(see(&url))
}

/// The return address of a link has the link's id already.
fn tell_link(url: &mut Url, outcome: &Outcome) {
    let mut query = url.query_pairs_mut();
    match outcome {
        Outcome::Waits(code) => query.append_pair("status", "pending").append_pair("code", code.expose()),
        Outcome::Connected => query.append_pair("status", "connected"),
        Outcome::Error(_) | Outcome::Resume(_) => query.append_pair("status", "failed"),
    };
}

/// A redirect by 302, which D4's clients know and browsers follow with GET.
pub(crate) fn see(url: &Url) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, url.as_str().to_owned())]).into_response()
}
