//! `integrations.token`: a fresh access token, lent to a back end. The refresh token never leaves.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Kind, Scope},
    http::{Code, Error, Problem, Result},
    id::IntegrationId,
    oauth::refresh,
};
use utoipa::{IntoParams, ToSchema};

use crate::credentials::{Label, Slot, slot};

/// A token that works now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Lent {
    access_token: String,
    /// `bearer`; or `session`, where `access_token` is the JSON text of a temporary credential's parts.
    token_type: &'static str,
    /// Seconds it still lives, as far as the provider told.
    expires_in: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    scopes: Vec<String>,
    provider: String,
    integration_id: IntegrationId,
    /// Counts what the provider gave. Should it refuse this token, say so by `refused_grant`.
    grant: u64,
}

/// What became of the token before.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Refused {
    /// The `grant` whose token the provider answered with 401: it is replaced, where that can be done.
    #[serde(alias = "refusedGrant")]
    refused_grant: Option<u64>,
}

/// Lends a fresh access token of the user that the service key acts for.
#[utoipa::path(
    get, path = "/api/integrations/{providerId}/token", operation_id = "integrations.token", tag = "integrations",
    params(("providerId" = String, Path), Label, Refused, ("x-on-behalf-of" = Option<String>, Header, description = "A user's id or e-mail")),
    responses(
        (status = 200, body = Lent),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not a service key, or without the scope `tokens:read`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Not connected", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The user must connect again (`reauth_required`)", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The provider does not answer; try again", body = Problem, content_type = "application/problem+json"),
    ),
    security(("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
    Query(Refused { refused_grant }): Query<Refused>,
) -> Result<Json<Lent>> {
    if matches!(caller.kind(), Kind::Person { .. }) {
        return Err(Error::new(Code::Forbidden, "Tokens are lent to service keys only, never to a browser"));
    }
    caller.require_scope(Scope::TokensRead)?;
    let Slot { provider, label } = slot(&app, &caller, &provider, &label).await?;
    let slug = provider.slug();
    let dead = match refused_grant {
        Some(grant) => {
            app.store.integrations().get(caller.tenant(), slug, &label).await?.filter(|row| row.grant == grant)
        }
        None => None,
    };
    let fresh = match dead {
        Some(dead) => refresh::refused(&app, caller.tenant(), &dead).await?,
        None => refresh::fresh(&app, caller.tenant(), slug, &label).await?,
    };
    let now = app.clock.now();
    Ok(Json(Lent {
        access_token: fresh.access_token.expose().clone(),
        token_type: provider.token_type(),
        expires_in: fresh.expires_at.map(|at| (at.as_second() - now.as_second()).max(0)),
        expires_at: fresh.expires_at,
        scopes: fresh.integration.scopes,
        provider: slug.to_owned(),
        integration_id: fresh.integration.id,
        grant: fresh.integration.grant,
    }))
}
