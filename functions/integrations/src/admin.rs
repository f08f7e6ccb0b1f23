//! `integrations.admin`: all integrations of the organisation with the people who own them, for its administrators; and
//! those among them that somebody should look at. Settings and metadata are their owners' own and are not shown.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Query, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Owner},
    http::{Problem, Result},
    id::{IntegrationId, OrgId, UserId},
    store::integrations::{Integration, Status},
};
use utoipa::{IntoParams, ToSchema};

/// So many make a page; the last page of the index read may bring some more.
const ENOUGH: usize = 50;
/// So many pages of the index are read for one answer.
const PAGES: usize = 20;

/// Which ones.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only those in trouble: with the status error, expired or revoked, three errors in a row, or a token that has ended.
    #[serde(default)]
    problematic: bool,
    /// Where the page before ended.
    cursor: Option<String>,
}

/// A page.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Admin {
    success: bool,
    integrations: Vec<Row>,
    /// The `cursor` of the next page, if there may be one.
    next_cursor: Option<String>,
}

/// An integration by D2's names.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the record has so many facts that are true or not")]
struct Row {
    id: IntegrationId,
    /// Whose it is; null for the organisation's.
    user_id: Option<UserId>,
    user: Option<Person>,
    organization_id: OrgId,
    organization: Organisation,
    integration_type: String,
    label: String,
    name: Option<String>,
    is_connected: bool,
    /// `active`, `expired`, `revoked` or `error`. D2 knows no other: while it is being connected or is switched off, it is
    /// left out, and `isConnected` says no.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    status: Option<Status>,
    last_error: Option<String>,
    error_count: i64,
    scope: Vec<String>,
    needs_refresh: bool,
    is_token_expired: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    token_expiry: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    connected_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    last_sync: Option<Timestamp>,
    sync_enabled: bool,
    external_id: Option<String>,
    external_username: Option<String>,
    external_email: Option<String>,
    external_name: Option<String>,
    external_avatar_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

/// Its owner.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Person {
    first_name: String,
    last_name: String,
    email: String,
}

/// The organisation.
#[derive(Clone, Serialize, ToSchema)]
struct Organisation {
    name: String,
}

/// Lists the organisation's integrations, for its administrators.
#[utoipa::path(
    get, path = "/api/admin/integrations", operation_id = "integrations.admin", tag = "integrations",
    params(Asked),
    responses(
        (status = 200, body = Admin),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Caller, Query(asked): Query<Asked>) -> Result<Json<Admin>> {
    caller.require_admin()?;
    let (found, next_cursor) = collected(&app, &caller, asked).await?;
    let people = people(&app, &found).await?;
    let name = app.store.organisation(caller.org()).await?.map(|found| found.name).unwrap_or_default();
    let organisation = Organisation { name };
    let now = app.clock.now();
    let row = |integration| row(integration, &people, &organisation, now);
    Ok(Json(Admin { success: true, integrations: found.into_iter().map(row).collect(), next_cursor }))
}

/// Pages of the index until there is enough to show.
async fn collected(app: &App, caller: &Caller, asked: Asked) -> Result<(Vec<Integration>, Option<String>)> {
    let (mut found, mut cursor) = (Vec::new(), asked.cursor);
    let now = app.clock.now();
    for _ in 0..PAGES {
        let page = app.store.integrations().of_org(caller.tenant(), cursor.as_deref()).await?;
        found.extend(page.items.into_iter().filter(|one| !asked.problematic || one.is_problematic(now)));
        cursor = page.cursor;
        if cursor.is_none() || found.len() >= ENOUGH {
            break;
        }
    }
    Ok((found, cursor))
}

/// The owner, if it is a user.
fn user_of(integration: &Integration) -> Option<UserId> {
    match integration.tenant().ok()?.owner() {
        Owner::User(id) => Some(id.clone()),
        Owner::Organisation => None,
    }
}

/// Each owner is looked up once a page.
async fn people(app: &App, integrations: &[Integration]) -> Result<HashMap<UserId, Person>> {
    let mut people = HashMap::new();
    for id in integrations.iter().filter_map(user_of) {
        if people.contains_key(&id) {
            continue;
        }
        if let Some(user) = app.store.user(&id, false).await? {
            let (first, last) = user.full_name.split_once(' ').unwrap_or((user.full_name.as_str(), ""));
            let person = Person {
                first_name: first.to_owned(),
                last_name: last.to_owned(),
                email: user.email.clone().unwrap_or_default(),
            };
            people.insert(id, person);
        }
    }
    Ok(people)
}

fn row(one: Integration, people: &HashMap<UserId, Person>, organisation: &Organisation, now: Timestamp) -> Row {
    let user_id = user_of(&one);
    Row {
        user: user_id.as_ref().and_then(|id| people.get(id)).cloned(),
        user_id,
        organization: organisation.clone(),
        is_connected: one.connected(),
        needs_refresh: one.needs_refresh(now),
        is_token_expired: one.is_token_expired(now),
        id: one.id,
        organization_id: one.org,
        integration_type: one.provider,
        label: one.label,
        name: one.name,
        status: Some(one.status).filter(|status| !matches!(status, Status::Pending | Status::Inactive)),
        last_error: one.last_error,
        error_count: one.error_count,
        scope: one.scopes,
        token_expiry: one.expires_at,
        connected_at: one.connected_at,
        last_used_at: one.last_used_at,
        last_sync: one.last_sync_at,
        sync_enabled: one.sync_enabled,
        external_id: one.external.id,
        external_username: one.external.username,
        external_email: one.external.email,
        external_name: one.external.name,
        external_avatar_url: one.external.avatar,
        created_at: one.created_at,
        updated_at: one.updated_at,
    }
}
