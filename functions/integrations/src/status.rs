//! `integrations.status`: D4's map of connections by provider.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{Problem, Result},
};

use crate::view::Connection;

/// Tells for every provider whether the caller is connected. A second account stands under `provider:label`.
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
    let shown = |slug: &str| caller.may_use_provider(slug).is_ok();
    let providers = app.catalogue.list().filter(|provider| shown(provider.slug()));
    let mut map: BTreeMap<String, Connection> =
        providers.map(|provider| (provider.slug().to_owned(), Connection::none())).collect();
    let all = app.store.integrations().all(caller.tenant()).await?;
    for integration in all.into_iter().filter(|integration| shown(&integration.provider)) {
        let slot = if integration.label == "default" {
            integration.provider.clone()
        } else {
            format!("{}:{}", integration.provider, integration.label)
        };
        map.insert(slot, Connection::new(&integration));
    }
    Ok(Json(map))
}
