//! `integrations.disconnect`: lets a connection go, by its provider. Local first; the provider is told by a job.

use axum::{
    Json,
    extract::{Path, Query, State},
};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, FreshAsker, FreshCaller, Scope, Tenant},
    http::{Error, Input, Problem, Result},
    oauth,
};
use utoipa::ToSchema;

use crate::credentials::{Label, Slot, slot};

/// It is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Disconnected {
    success: bool,
    message: &'static str,
}

/// Disconnects the caller from a provider and forgets the credential.
#[utoipa::path(
    delete, path = "/api/integrations/{providerId}/credentials", operation_id = "integrations.disconnect", tag = "integrations",
    params(("providerId" = String, Path), Label),
    responses(
        (status = 200, body = Disconnected),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    FreshCaller(caller): FreshCaller,
    Path(provider): Path<String>,
    Query(label): Query<Label>,
) -> Result<Json<Disconnected>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    let slot = slot(&app, &caller, &provider, &label).await?;
    end(&app, &caller, caller.tenant(), &slot).await
}

pub(crate) async fn end(app: &App, caller: &Caller, tenant: &Tenant, slot: &Slot) -> Result<Json<Disconnected>> {
    let found = app.store.integrations().get(tenant, slot.provider.slug(), &slot.label).await?;
    let integration = found.ok_or_else(|| Error::not_found("Credentials not found"))?;
    oauth::connect::disconnect(app, tenant, caller.actor(), &integration).await?;
    Ok(Json(Disconnected { success: true, message: "Credentials deleted" }))
}

/// What D2's client sends.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Whom {
    /// The user; the caller if nothing is said.
    #[serde(rename = "userId", alias = "user_id")]
    user_id: Option<String>,
}

/// By D2's names: the caller, or for an administrator whom the body names.
macro_rules! by_d2s_name {
    ($($handler:ident, $path:literal, $id:literal, $provider:literal, $called:literal;)*) => {$(
        #[doc = concat!("Disconnects the caller from ", $called, ".")]
        #[utoipa::path(
            post, path = $path, operation_id = $id, tag = "integrations",
            request_body(content = Option<Whom>),
            responses(
                (status = 200, body = Disconnected),
                (status = 401, body = Problem, content_type = "application/problem+json"),
                (status = 403, description = "Somebody else's", body = Problem, content_type = "application/problem+json"),
                (status = 404, description = "Credentials not found", body = Problem, content_type = "application/problem+json"),
            ),
            security(("bearer" = []), ("session" = []), ("service_key" = [])),
            extensions(("x-alias-of" = json!("integrations.disconnect")), ("x-idempotency" = json!("replayed"))),
        )]
        pub(crate) async fn $handler(
            State(app): State<App>,
            FreshAsker(asker): FreshAsker,
            Input(Whom { user_id }): Input<Whom>,
        ) -> Result<Json<Disconnected>> {
            let caller = asker.about(&app, user_id.as_deref()).await?;
            caller.require_scope(Scope::IntegrationsWrite)?;
            let slot = slot(&app, &caller, $provider, &Label::default()).await?;
            match user_id {
                Some(user) => end(&app, &caller, &caller.self_or_admin(&app, &user).await?, &slot).await,
                None => end(&app, &caller, caller.tenant(), &slot).await,
            }
        }
    )*};
}

by_d2s_name! {
    github, "/api/auth/github/disconnect", "integrations.github_disconnect", "github", "GitHub";
    google_calendar, "/api/google-calendar/disconnect", "integrations.google_calendar_disconnect", "google_calendar", "Google Calendar";
    google_drive, "/api/google-drive/disconnect", "integrations.google_drive_disconnect", "google_drive", "Google Drive";
}
