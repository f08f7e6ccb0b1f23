//! `oauth.callback`: where the provider sends the browser.
//!
//! The browser that comes must be the one that started. It proves so by its cookie; without it the code is parked until
//! the user has signed in here. The answer is always a redirect: a person is looking at it.

use std::collections::BTreeMap;

use axum::{
    extract::{OriginalUri, Path, State},
    http::HeaderMap,
    response::{AppendHeaders, IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    http::{Result, json::query_object},
    id::random_token,
    oauth::{
        exchange::{self, Exchanged},
        start,
    },
    secret::Secret,
    store::handshakes::{self, Handshake, Status, Step},
};
use utoipa::IntoParams;

use crate::{
    arrival, browser,
    way_back::{back, lost, see},
};

/// What a provider sends back. Amazon calls the code `spapi_oauth_code`.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Returned {
    /// Names the handshake.
    state: Option<String>,
    /// To be exchanged for tokens.
    #[serde(alias = "spapi_oauth_code")]
    #[param(value_type = Option<String>)]
    code: Option<Secret<String>>,
    /// The user or the provider said no. Its description is not read: anybody can write it.
    error: Option<String>,
    /// Who issued the code (RFC 9207).
    iss: Option<String>,
}

/// Takes the browser back from the provider.
#[utoipa::path(
    get, path = "/api/integrations/oauth/callback/{providerId}", operation_id = "oauth.callback", tag = "oauth",
    params(("providerId" = String, Path), Returned),
    responses((status = 302, description = "To the front end with `oauth_success` or `oauth_error`, or to the sign-in")),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    Path(provider): Path<String>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response> {
    take(&app, Arrival::Own(&provider), uri.query().unwrap_or_default(), &headers).await
}

/// The same at an address that does not name the provider; the state does.
#[utoipa::path(
    get, path = "/callback", operation_id = "oauth.forward", tag = "oauth",
    params(Returned),
    responses((status = 302, description = "To the front end with `oauth_success` or `oauth_error`, or to the sign-in")),
    extensions(("x-alias-of" = json!("oauth.callback"))),
)]
pub(crate) async fn forward(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response> {
    take(&app, Arrival::Forwarded, uri.query().unwrap_or_default(), &headers).await
}

/// The same at the address that D2's apps are registered with at Google.
#[utoipa::path(
    get, path = "/api/google/callback", operation_id = "oauth.google_callback", tag = "oauth",
    params(Returned),
    responses((status = 302, description = "To the front end with `oauth_success` or `oauth_error` and D2's own words beside (`googleCalendar`, `googleDrive`, `error`), or to the sign-in")),
    extensions(("x-alias-of" = json!("oauth.callback"))),
)]
pub(crate) async fn google(
    State(app): State<App>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response> {
    take(&app, Arrival::At("/api/google/callback"), uri.query().unwrap_or_default(), &headers).await
}

/// Where the browser came in.
#[derive(Clone, Copy)]
pub(crate) enum Arrival<'a> {
    /// At the callback of this provider.
    Own(&'a str),
    /// At this path, which some providers share.
    At(&'static str),
    /// Where front ends send on what came to theirs.
    Forwarded,
}

impl Arrival<'_> {
    /// Whether the answer was to arrive here. One that was sent to its provider's own callback and comes in elsewhere may
    /// carry another provider's code (RFC 9700, 4.4).
    async fn fits(self, app: &App, handshake: &Handshake) -> Result<bool> {
        Ok(match self {
            Self::Own(named) => matches!(app.provider(named), Ok(named) if named.slug() == handshake.provider),
            Self::At(path) => handshake.redirect_uri == app.own_url(path).await?.as_str(),
            Self::Forwarded => {
                let own = start::own_callback(app, &handshake.provider).await?;
                app.provider(&handshake.provider)?.shares_callbacks() && handshake.redirect_uri != own.as_str()
            }
        })
    }
}

async fn take(app: &App, arrival: Arrival<'_>, query: &str, headers: &HeaderMap) -> Result<Response> {
    // A parameter sent twice is a 400: it is how mix-ups are made, and no provider does it.
    let query = query_object(query)?;
    let Ok(returned) = serde_json::from_value::<Returned>(query.clone().into()) else {
        return lost(app, arrival, "Missing code or state").await;
    };
    let Some(state) = returned.state.as_deref().filter(|state| !state.is_empty()) else {
        return lost(app, arrival, "Missing code or state").await;
    };
    let Some(handshake) = app.store.handshake(&handshakes::id_of(state)).await? else {
        return lost(app, arrival, "Invalid state parameter").await;
    };
    match go_on(app, &handshake, arrival, (returned, &query), headers).await? {
        Outcome::Resume(browser) => {
            let mut url = app.own_url("/oauth/resume").await?;
            url.query_pairs_mut().append_pair("handshake", handshake.id.as_str());
            let cookie = browser::bind_here(app, &handshake, &browser).await?;
            Ok((AppendHeaders(cookie), see(&url)).into_response())
        }
        outcome => back(app, &handshake, outcome).await,
    }
}

/// The user or the provider said no.
pub(crate) const DENIED: &str = "The provider refused the connection";

/// Whether an answer is such a no. Some front ends send each parameter on, empty where there was none.
pub(crate) fn says_no(error: Option<&str>) -> bool {
    error.is_some_and(|error| !error.is_empty())
}

/// The answer does not come from whom we asked (RFC 9207).
pub(crate) const FOREIGN_ISSUER: &str = "The answer came from another issuer";

/// How a callback ends.
pub(crate) enum Outcome {
    /// The account is connected.
    Connected,
    /// It is not; the sentence is one of ours.
    Error(&'static str),
    /// The user must sign in first, in the browser that gets this cookie.
    Resume(Secret<String>),
    /// A connect link's account waits for the back end, which the browser brings this code.
    Waits(Secret<String>),
}

async fn go_on(
    app: &App,
    handshake: &Handshake,
    arrival: Arrival<'_>,
    (returned, query): (Returned, &Map<String, Value>),
    headers: &HeaderMap,
) -> Result<Outcome> {
    if handshake.status != Status::Pending {
        return Ok(Outcome::Error("Invalid handshake"));
    }
    if handshake.expires_at <= app.clock.epoch() {
        return Ok(Outcome::Error("Handshake expired"));
    }
    if !arrival.fits(app, handshake).await? {
        return Ok(Outcome::Error("Invalid handshake"));
    }
    if let Some(refusal) = refused(app, handshake, &returned)? {
        exchange::fail(app, handshake, Status::Pending, refusal).await?;
        return Ok(Outcome::Error(refusal));
    }
    let code = returned.code.filter(|code| !code.expose().is_empty());
    let Some(code) = code else { return Ok(Outcome::Error("Missing code or state")) };
    let fields = exchange::told(app, handshake, query)?;
    if !browser::bound(app, headers, handshake).await? {
        if handshake.link.is_some() {
            // Nobody signs in for a link: another browser than the one that began is somebody else.
            exchange::fail(app, handshake, Status::Pending, OTHER_BROWSER).await?;
            return Ok(Outcome::Error(OTHER_BROWSER));
        }
        let browser = Secret::new(random_token());
        let parked = exchange::park(app, handshake, &code, &browser, fields).await?;
        return Ok(if parked { Outcome::Resume(browser) } else { Outcome::Error("Invalid handshake") });
    }
    redeem(app, handshake, &code, fields).await
}

/// What the provider's answer says against going on.
fn refused(app: &App, handshake: &Handshake, returned: &Returned) -> Result<Option<&'static str>> {
    if says_no(returned.error.as_deref()) {
        return Ok(Some(DENIED));
    }
    let issuer = exchange::issuer(app, handshake)?;
    let foreign = issuer.is_some_and(|issuer| returned.iss.as_deref() != Some(issuer.as_str()));
    Ok(foreign.then_some(FOREIGN_ISSUER))
}

/// Consumes the handshake, exchanges and connects.
async fn redeem(
    app: &App,
    handshake: &Handshake,
    code: &Secret<String>,
    fields: Option<BTreeMap<String, String>>,
) -> Result<Outcome> {
    let step = Step { fields, ..Step::default() };
    let step = app.store.advance_handshake(&handshake.id, Status::Pending, Status::Exchanging, step);
    let Some(handshake) = step.await? else { return Ok(Outcome::Error("Invalid handshake")) };
    match exchange::exchange(app, &handshake, code).await {
        Ok(exchanged) => Ok(stored(app, &handshake, Status::Exchanging, exchanged).await),
        Err(error) => {
            tracing::warn!(provider = handshake.provider, code = error.code().as_str(), "handshake failed");
            exchange::fail(app, &handshake, Status::Exchanging, error.message()).await?;
            Ok(Outcome::Error(NOT_CONNECTED))
        }
    }
}

/// The link was begun elsewhere.
const OTHER_BROWSER: &str = "The link was begun in another browser";

/// Nobody but the log is told why.
pub(crate) const NOT_CONNECTED: &str = "The account could not be connected";

/// Stores what was exchanged. A person is looking on, so whatever goes wrong is a redirect as well.
pub(crate) async fn stored(app: &App, handshake: &Handshake, from: Status, exchanged: Exchanged) -> Outcome {
    if let Some(link) = &handshake.link {
        return arrival::brought(app, handshake, link, from, exchanged).await;
    }
    match exchange::complete(app, handshake, from, exchanged).await {
        Ok(_) => Outcome::Connected,
        Err(error) => {
            tracing::error!(handshake = %handshake.id, %error, "a connection could not be stored");
            Outcome::Error(NOT_CONNECTED)
        }
    }
}
