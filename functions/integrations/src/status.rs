//! `integrations.status`: D4's map of connections by provider.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result},
    store::integrations::{CUSTOM, Integration},
};

use crate::{credentials::WEBHOOK, view::Connection};

/// Tells for every provider whether the caller is connected, under its aliases as well. A second account stands under
/// `provider:label`, a webhook also under `webhook_<id>`; all of these names are good in the paths of a provider.
#[utoipa::path(
    get, path = "/api/integrations/status", operation_id = "integrations.status", tag = "integrations",
    responses(
        (status = 200, body = BTreeMap<String, Connection>),
        (status = 401, body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller) -> Result<Json<BTreeMap<String, Connection>>> {
    caller.require_scope(Scope::IntegrationsRead)?;
    let providers = app.catalogue.list().filter(|provider| caller.may_use_provider(provider.slug()).is_ok());
    let names = providers.flat_map(|provider| {
        let names = std::iter::once(provider.slug()).chain(provider.file().aliases.iter().map(String::as_str));
        names.map(str::to_owned).collect::<Vec<_>>()
    });
    let mut map: BTreeMap<String, Connection> = names.map(|name| (name, Connection::none())).collect();
    let all = app.store.integrations().all(caller.tenant()).await?;
    // A credential of a type of somebody's own has no provider: D1's paths and the list show it.
    let seen =
        |found: &Integration| !found.provider.starts_with(CUSTOM) && caller.may_see(&found.provider, &found.label);
    for integration in all.into_iter().filter(seen) {
        if let (WEBHOOK, Some(id)) = (integration.provider.as_str(), &integration.external.id) {
            map.insert(format!("{WEBHOOK}_{id}"), Connection::new(&integration));
        }
        map.insert(slot(&integration.provider, &integration.label), Connection::new(&integration));
        // D4's clients look for `sheets_oauth`, and know nothing of its canonical name.
        for alias in aliases(&app, &integration.provider) {
            map.insert(slot(&alias, &integration.label), Connection::new(&integration));
        }
    }
    Ok(Json(map))
}

fn slot(named: &str, label: &str) -> String {
    if label == "default" { named.to_owned() } else { format!("{named}:{label}") }
}

fn aliases(app: &App, slug: &str) -> Vec<String> {
    app.provider(slug).map(|provider| provider.file().aliases.clone()).unwrap_or_default()
}
