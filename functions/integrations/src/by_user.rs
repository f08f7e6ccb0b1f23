//! `integrations.by_user`: D2's list, as the object its documentation shows or the array its client reads.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, header},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use shared::{
    app::App,
    auth::{Asker, Scope},
    http::{Error, Problem, Result},
    store::integrations::Integration,
};
use utoipa::{IntoParams, ToSchema};

use crate::view::Linked;

/// D2's answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct ByUser {
    success: bool,
    /// By camel-cased provider id; with `format=list` an array.
    #[schema(value_type = Object)]
    integrations: Value,
}

/// Which shape.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Format {
    /// `list` for the array that D2's client maps over, `object` for the usual one.
    format: Option<String>,
}

/// Tells for every provider whether this user is connected. `me` is the caller.
#[utoipa::path(
    get, path = "/api/auth/integrations/{userId}", operation_id = "integrations.by_user", tag = "integrations",
    params(("userId" = String, Path), Format),
    responses(
        (status = 200, body = ByUser),
        (status = 400, description = "No such format", body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(
    State(app): State<App>,
    asker: Asker,
    Path(user): Path<String>,
    Query(format): Query<Format>,
    headers: HeaderMap,
) -> Result<Json<ByUser>> {
    let caller = asker.about(&app, Some(&user)).await?;
    caller.require_scope(Scope::IntegrationsRead)?;
    let tenant = caller.self_or_admin(&app, &user).await?;
    let connected = app.store.integrations().all(&tenant).await?;
    let label = caller.label(None)?;
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
    let wants_list = kinds.into_iter().any(|kind| kind.eq_ignore_ascii_case("application/vnd.integrations.list+json"));
    let providers = app.catalogue.list().filter(|provider| caller.may_use_provider(provider.slug()).is_ok());
    let entries = providers.map(|provider| {
        let found = connected.iter().find(|found| found.provider == provider.slug() && found.label == label);
        (provider.slug().to_owned(), entry(&provider, found))
    });
    let list = match format.format.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None => wants_list,
        Some("list") => true,
        Some("object") => false,
        Some(_) => return Err(Error::field("/format", "The format is `list` or `object`")),
    };
    let integrations = if list {
        Value::Array(entries.map(|(_, entry)| entry).collect())
    } else {
        Value::Object(entries.map(|(slug, entry)| (camel(&slug), entry)).collect::<Map<_, _>>())
    };
    Ok(Json(ByUser { success: true, integrations }))
}

fn entry(provider: &shared::providers::Provider, found: Option<&Integration>) -> Value {
    let file = provider.file();
    let mut entry = json!(Linked::new(found));
    if let Value::Object(members) = &mut entry {
        members.insert("id".to_owned(), json!(provider.slug()));
        members.insert("name".to_owned(), json!(file.name));
        members.insert("type".to_owned(), json!(provider.slug()));
        members.insert("icon".to_owned(), json!(file.icon));
        members.insert("description".to_owned(), json!(file.description));
    }
    entry
}

/// `google_calendar` → `googleCalendar`.
fn camel(slug: &str) -> String {
    let mut words = slug.split('_');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        text.push_str(letters.as_str());
    }
    text
}
