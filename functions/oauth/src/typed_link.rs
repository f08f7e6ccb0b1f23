//! A credential that somebody typed on a connect link's page: entered and proved as by the API, then it waits like any
//! other.

use serde_json::{Map, Value};
use shared::{
    app::App,
    http::{Code, Result},
    oauth::{
        connect,
        entry::{self, Accepted},
        links::{self, Arrived},
    },
    providers::{Provider, hooks::Desk},
    store::{
        integrations::NewGrant,
        links::{Link, Wanted},
    },
};
use url::Url;

/// Takes it in; gives the address that the browser goes on to.
pub(crate) async fn take(
    app: &App,
    link: &Link,
    provider: &Provider,
    wanted: &Wanted,
    typed: Map<String, Value>,
) -> Result<Url> {
    let tenant = links::tenant(link);
    let desk = Desk { app, tenant: &tenant, provider, label: &wanted.label, keeps: true };
    let typed = entry::key(app, provider, typed)?;
    let Accepted { grant, .. } = entry::accept(&desk, typed).await?;
    let arrived = brought(app, link, &grant).await?;
    let mut url = links::return_address(link)?;
    match arrived {
        Arrived::Waits(code) => {
            url.query_pairs_mut().append_pair("status", "pending").append_pair("code", code.expose());
        }
        Arrived::Connected(integration) => {
            connect::noted(app, &integration, &link.made_by).await;
            url.query_pairs_mut().append_pair("status", "connected");
        }
        Arrived::TooLate => return Err(links::refused()),
    }
    Ok(url)
}

/// What was made for a credential that is not wanted any more is given back at once.
async fn brought(app: &App, link: &Link, grant: &NewGrant) -> Result<Arrived> {
    let arrived = links::bring(app, link, grant).await;
    let unwanted = match &arrived {
        Ok(Arrived::TooLate) => true,
        // Whether a write without an answer got through nobody knows; what waits has a timer that gives it back.
        Err(error) => matches!(error.code(), Code::Conflict | Code::LimitReached),
        Ok(_) => false,
    };
    if unwanted {
        entry::give_back(app, grant).await;
    }
    arrived
}
