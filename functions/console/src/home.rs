//! `console.home`: `/`. JSON for programs, as D3's clients know it; for people, a welcome or their connections.

use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Kind},
    http::Result,
    providers::Provider,
    store::integrations::{Integration, Status},
};
use utoipa::{IntoParams, ToSchema};

use crate::page::{page, wanted};

/// D3's answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Here {
    message: &'static str,
    version: &'static str,
    status: &'static str,
}

/// What just happened, told by the address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Happened {
    /// A provider was connected.
    oauth_success: Option<String>,
    /// It was not.
    oauth_error: Option<String>,
    /// A provider was disconnected.
    disconnected: Option<String>,
}

struct Notice {
    kind: &'static str,
    text: String,
}

struct Shown {
    slug: String,
    name: String,
    description: String,
    connected: bool,
    account: Option<String>,
    state: &'static str,
    oauth: bool,
    local: bool,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Connections {
    email: String,
    /// This page's address: whoever starts here comes back here, also where there is a front end.
    here: String,
    notice: Option<Notice>,
    entries: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome;

/// Says "here I am" to a program, and shows a person the connections.
#[utoipa::path(
    get, path = "/", operation_id = "console.home", tag = "console",
    params(Happened),
    responses((status = 200, body = Here)),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Option<Caller>,
    headers: HeaderMap,
    Query(happened): Query<Happened>,
) -> Result<Response> {
    if !wanted(&headers) {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(Json(Here { message: "Postern", version, status: "healthy" }).into_response());
    }
    let mut response = match caller {
        Some(caller) if matches!(caller.kind(), Kind::Person { .. }) => connections(&app, &caller, &happened).await?,
        _ => page(&app, StatusCode::OK, &Welcome)?,
    };
    response.headers_mut().append(header::VARY, header::HeaderValue::from_static("Accept, Cookie"));
    Ok(response)
}

async fn connections(app: &App, caller: &Caller, happened: &Happened) -> Result<Response> {
    let user = app.store.user(caller.require_person()?, false).await?;
    let stored = app.store.integrations().all(caller.tenant()).await?;
    let providers: Vec<_> = app.catalogue.list().collect();
    let mut entries: Vec<Shown> = providers
        .iter()
        .map(|provider| {
            let of = |found: &&Integration| found.provider == provider.slug() && found.label == "default";
            shown(provider, stored.iter().find(of))
        })
        .collect();
    // What somebody came for stands on top: their connections, then what can be tried at once.
    entries.sort_by_key(|entry| (!entry.connected, !entry.local));
    let email = user.map(|user| user.email).unwrap_or_default();
    let here = app.own_url("/").await?.to_string();
    let page = Connections { email, here, notice: notice(app, happened), entries };
    self::page(app, StatusCode::OK, &page)
}

fn shown(provider: &Provider, found: Option<&Integration>) -> Shown {
    let connected = found.is_some_and(Integration::connected);
    let external = found.map(|found| &found.external);
    Shown {
        slug: provider.slug().to_owned(),
        name: provider.name().to_owned(),
        description: provider.file().description.clone(),
        connected,
        account: external.and_then(shared::providers::External::display),
        state: match found.map(|found| found.status) {
            Some(Status::Revoked) => "The connection has ended: connect again",
            Some(Status::Error) => "The connection is in trouble",
            _ => "Not connected",
        },
        oauth: provider.oauth2().is_some(),
        local: provider.file().local_only,
    }
}

/// The sentences are ours: what the address says only chooses among them.
fn notice(app: &App, happened: &Happened) -> Option<Notice> {
    let name = |slug: &str| app.provider(slug).map(|provider| provider.name().to_owned()).ok();
    if let Some(name) = happened.oauth_success.as_deref().and_then(name) {
        return Some(Notice { kind: "done", text: format!("{name} is connected.") });
    }
    if let Some(name) = happened.disconnected.as_deref().and_then(name) {
        return Some(Notice { kind: "done", text: format!("{name} is disconnected.") });
    }
    let failed = happened.oauth_error.as_ref()?;
    let text = match failed.as_str() {
        "The connection was declined" | "The provider refused the connection" => "Nothing was connected.",
        "provider.not_configured" => "This provider is not set up here: its OAuth client id and secret are missing.",
        "Handshake expired" => "That took too long. Start again.",
        _ => "The account could not be connected. Start again.",
    };
    Some(Notice { kind: "error", text: text.to_owned() })
}
