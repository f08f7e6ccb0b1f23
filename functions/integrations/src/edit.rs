//! `integrations.edit`: settings, metadata, name, synchronisation. The credential is not touched, nor a refresh that runs.

use axum::{
    Extension, Json,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Scope},
    http::{
        Error, FieldError, Problem, Result, Valid, Validate,
        field::{self, Sent},
    },
    id::{IntegrationId, RequestId},
    oauth::connect::By,
    settings::{self, Changes},
};
use utoipa::ToSchema;

use crate::view::Record;

/// Settings and metadata are no larger, as JSON.
const LARGEST: usize = 16 * 1024;

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Edit {
    /// What you call it; an empty name is none.
    name: Option<String>,
    /// All settings anew. They may hold secrets: they are sealed.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    settings: Sent<Map<String, Value>>,
    /// All metadata anew, sealed as well.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Sent<Map<String, Value>>,
    /// Whether data are synchronised.
    #[serde(alias = "syncEnabled")]
    sync_enabled: Option<bool>,
    /// When data were synchronised last: told by whoever does it.
    #[serde(default, alias = "lastSync", deserialize_with = "field::maybe_time")]
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sync: Option<Timestamp>,
}

impl Validate for Edit {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: &str, detail: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        let objects = [("settings", &self.settings), ("metadata", &self.metadata)];
        let kept = !objects.iter().any(|(_, object)| matches!(object, Sent::Value(_)));
        if kept && self.name.is_none() && self.sync_enabled.is_none() && self.last_sync.is_none() {
            let nulls: Vec<_> = objects.iter().filter(|(_, object)| matches!(object, Sent::Null)).collect();
            for (name, _) in &nulls {
                bad(&format!("/{name}"), &format!("`{name}` must be an object; an empty one, {{}}, clears it"));
            }
            if nulls.is_empty() {
                bad("", "Say what is to change: name, settings, metadata, sync_enabled or last_sync");
            }
        }
        if self.name.as_deref().is_some_and(|name| name.chars().count() > 100 || name.chars().any(char::is_control)) {
            bad("/name", "A name has at most 100 characters, none of them a control character");
        }
        for (name, object) in objects {
            let Sent::Value(object) = object else { continue };
            if serde_json::to_string(object).is_ok_and(|text| text.len() > LARGEST) {
                bad(&format!("/{name}"), &format!("`{name}` has at most 16 KiB as JSON"));
            }
        }
    }
}

/// Changes what is said about an integration of the caller's, and answers the record.
#[utoipa::path(
    patch, path = "/api/integrations/{id}", operation_id = "integrations.edit", tag = "integrations",
    params(("id" = String, Path)),
    request_body = Edit,
    responses(
        (status = 200, body = Record),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Integration not found", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Others keep changing it", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    caller: Caller,
    Extension(request): Extension<RequestId>,
    Path(id): Path<String>,
    Valid(body): Valid<Edit>,
) -> Result<Json<Record>> {
    caller.require_scope(Scope::IntegrationsWrite)?;
    if body.last_sync.is_some_and(|time| time > app.clock.now()) {
        return Err(Error::field("/last_sync", "`last_sync` must be a time that is not still to come"));
    }
    let missing = || Error::not_found("Integration not found");
    let id: IntegrationId = id.parse().map_err(|_| missing())?;
    let found = app.store.integrations().by_id(caller.tenant(), &id).await?.ok_or_else(missing)?;
    caller.may_use_provider(&found.provider)?;
    caller.label(Some(&found.label))?;
    let changes = Changes {
        name: body.name.map(|name| name.trim().to_owned()),
        sync_enabled: body.sync_enabled,
        last_sync: body.last_sync,
        settings: body.settings.value(),
        metadata: body.metadata.value(),
        ..Changes::default()
    };
    let by = ("integration.edit", By { actor: caller.actor(), request: Some(&request) });
    let edited = settings::edit(&app, caller.tenant(), &found, &changes, by).await?.ok_or_else(missing)?;
    Record::open(&app, caller.tenant(), &edited).await.map(Json)
}
