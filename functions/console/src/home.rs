//! `console.home`: `/`. JSON for programs, as D3's clients know it; for people, a welcome or their connections.

use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::{
    app::App,
    auth::{Caller, Kind, Right, Scope},
    http::{
        Result,
        html::{accepted, page},
    },
    providers::Provider,
    store::{
        integrations::{Integration, Status},
        users::User,
    },
};
use utoipa::ToSchema;

use crate::{
    notice::{Happened, Notice},
    offer::Offer,
};

/// D3's answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Here {
    message: &'static str,
    version: &'static str,
    status: &'static str,
}

struct Shown {
    slug: String,
    name: String,
    description: String,
    connected: bool,
    account: Option<String>,
    state: &'static str,
    offer: Offer,
    local: bool,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Connections {
    email: String,
    /// This page's address: whoever starts here comes back here, also where there is a front end.
    here: String,
    notice: Option<Notice>,
    /// The organisation, where the person's role in it does not let them connect anything.
    guest_of: Option<String>,
    entries: Vec<Shown>,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct Welcome {
    notice: Option<Notice>,
}

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
    if !accepted(&headers) {
        let version = env!("CARGO_PKG_VERSION");
        return Ok(Json(Here { message: "Postern", version, status: "healthy" }).into_response());
    }
    let mut response = match caller {
        Some(caller) if matches!(caller.kind(), Kind::Person { .. }) => connections(&app, &caller, &happened).await?,
        _ => page(&app, StatusCode::OK, &Welcome { notice: Notice::for_a_stranger(&app, &happened) })?,
    };
    response.headers_mut().append(header::VARY, header::HeaderValue::from_static("Accept, Cookie"));
    Ok(response)
}

async fn connections(app: &App, caller: &Caller, happened: &Happened) -> Result<Response> {
    let user = app.store.user(caller.require_person()?, false).await?;
    let stored = app.store.integrations().all(caller.tenant()).await?;
    let providers: Vec<_> = app.catalogue.list().collect();
    let may = caller.may(Right::Own(Scope::IntegrationsWrite));
    let mut entries = Vec::new();
    for provider in &providers {
        let of = |found: &&Integration| found.provider == provider.slug() && found.label == "default";
        let (found, offer) = (stored.iter().find(of), Offer::of(app, provider).await?);
        // A button that leads nowhere helps nobody; who could mend it is told how.
        let leads_on = match offer {
            Offer::Unset(_) => caller.role().may(Right::ManageOrganisation),
            Offer::Consent { .. } | Offer::Form => may,
        };
        if found.is_some() || leads_on {
            entries.push(shown(provider, found, offer));
        }
    }
    // What somebody came for stands on top: their connections, then what can be tried at once; what cannot be, last.
    entries.sort_by_key(|entry| (!entry.connected, matches!(entry.offer, Offer::Unset(_)), !entry.local));
    let email = user.map(User::shown).unwrap_or_default();
    let here = app.own_url("/").await?.to_string();
    let named = !may || happened.joined.is_some();
    let organisation = if named { app.store.organisation(caller.org()).await? } else { None };
    let organisation = organisation.map(|organisation| organisation.name);
    let notice = Notice::for_a_person(app, happened, &stored, organisation.as_deref().zip(Some(caller.role())));
    let guest_of = organisation.filter(|_| !may);
    page(app, StatusCode::OK, &Connections { email, here, notice, guest_of, entries })
}

fn shown(provider: &Provider, found: Option<&Integration>, offer: Offer) -> Shown {
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
            _ if matches!(offer, Offer::Unset(_)) => "Not set up here",
            _ => "Not connected",
        },
        offer,
        local: provider.file().local_only,
    }
}
