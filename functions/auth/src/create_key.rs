//! Makes a service key for a back end. Its secret is in this answer and nowhere else.

use axum::{Extension, Json, extract::State};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, FreshCaller, Owner, Reach, Scope, service_key},
    http::{Error, FieldError, Problem, Valid, Validate},
    id::{KeyId, RequestId, UserId},
    oauth::label,
    store::{audit, service_keys::ServiceKey},
};
use utoipa::ToSchema;

use crate::view::KeyView;

/// A key that is told no end has this one, days.
const USUAL_LIFE: i64 = 365;
/// The longest life, days.
const LONGEST_LIFE: i64 = 730;
/// Entries of one list.
const MOST: usize = 50;
/// Longest name or slug, in characters.
const LONGEST_NAME: usize = 100;

/// What the key shall be able to do.
/// A member that is not known is refused: a limit with a typing mistake in its name would be no limit.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateKey {
    /// What to call it.
    name: String,
    /// What it may do; at least one.
    scopes: Vec<Scope>,
    /// With which providers: `"*"` (the default) or a list.
    #[serde(default = "all")]
    #[schema(value_type = Option<Vec<String>>)]
    providers: Reach<String>,
    /// For which users: a list of ids, or `"*"`, which takes an administrator. Default: the maker alone.
    #[schema(value_type = Option<Vec<String>>)]
    users: Option<Reach<String>>,
    /// In which project alone.
    #[serde(alias = "projectId", alias = "project_id")]
    project: Option<String>,
    /// Days until it ends, 1 to 730; 365 where nothing is said.
    #[serde(alias = "expiresInDays")]
    expires_in_days: Option<i64>,
}

fn all() -> Reach<String> {
    Reach::ALL
}

impl Validate for CreateKey {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: &str, detail: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        if !is_name(&self.name) {
            bad("/name", "A name has 1 to 100 characters, none of them a control character");
        }
        if self.scopes.is_empty() {
            bad("/scopes", "A key needs at least one scope");
        }
        if !is_list(&self.providers) {
            bad("/providers", "Either \"*\" or a list of 1 to 50 providers");
        }
        if self.users.as_ref().is_some_and(|users| !is_list(users)) {
            bad("/users", "Either \"*\" or a list of 1 to 50 user ids");
        }
        if self.project.as_deref().is_some_and(|project| label::checked(Some(project)).is_err()) {
            bad("/project", "A project is a label: 1 to 64 letters, digits, dots, dashes or @");
        }
        if self.expires_in_days.is_some_and(|days| !(1..=LONGEST_LIFE).contains(&days)) {
            bad("/expires_in_days", "A key lives 1 to 730 days");
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

fn is_list(reach: &Reach<String>) -> bool {
    match reach {
        Reach::All(_) => true,
        Reach::Only(those) => (1..=MOST).contains(&those.len()) && those.iter().all(|one| is_name(one)),
    }
}

/// The new key.
#[derive(Serialize, ToSchema)]
pub(crate) struct Created {
    /// The key itself: shown this once.
    key: String,
    /// What it may do.
    #[serde(flatten)]
    view: KeyView,
}

/// Make a service key
#[utoipa::path(
    post, path = "/api/auth/keys", operation_id = "auth.create_key", tag = "auth",
    request_body = CreateKey,
    security(("bearer" = []), ("session" = [])),
    responses(
        (status = 200, description = "The key, shown this once", body = Created),
        (status = 400, description = "Not acceptable", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Only for oneself, unless one is an administrator", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn create_key(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    FreshCaller(caller): FreshCaller,
    Valid(body): Valid<CreateKey>,
) -> Result<Json<Created>, Error> {
    let maker = caller.require_person()?.clone();
    for scope in &body.scopes {
        caller.require_scope(*scope)?;
    }
    let users = users(&app, &caller, &maker, body.users.as_ref()).await?;
    let now = app.clock.now();
    let new = ServiceKey {
        id: app.ids.make::<KeyId>(),
        org: caller.org().clone(),
        name: body.name.trim().to_owned(),
        scopes: distinct(body.scopes),
        providers: providers(&app, body.providers)?,
        users,
        project: body.project,
        created_by: maker.clone(),
        keyring: caller.keyring(),
        created_at: now,
        expires_at: ends(now, body.expires_in_days)?,
    };
    let (shown, hash) = service_key::mint(&new.id);
    let entry = audit::Entry {
        org: &new.org,
        actor: maker.as_str(),
        action: "service_key.create",
        subject: new.id.as_str(),
        request: Some(&request),
    };
    app.store.add_key(&new, &hash, &entry.about(limits(&new))).await?;
    Ok(Json(Created { key: shown.expose().clone(), view: new.into() }))
}

/// What the trail tells of a key beside its maker: what it may do, and until when.
fn limits(key: &ServiceKey) -> [(&'static str, String); 2] {
    let scopes: Vec<String> = key.scopes.iter().map(ToString::to_string).collect();
    [("scopes", scopes.join(" ")), ("expires_at", key.expires_at.to_string())]
}

/// The providers by their canonical ids; aliases are taken.
fn providers(app: &App, wanted: Reach<String>) -> Result<Reach<String>, Error> {
    let Reach::Only(named) = wanted else { return Ok(wanted) };
    let slugs = named.iter().enumerate().map(|(index, name)| match app.provider(name) {
        Ok(provider) => Ok(provider.slug().to_owned()),
        Err(_) => Err(Error::field(format!("/providers/{index}"), "There is no such provider")),
    });
    Ok(Reach::Only(distinct(slugs.collect::<Result<_, _>>()?)))
}

/// Only an administrator makes keys for others, and only for the organisation's own users.
async fn users(
    app: &App,
    caller: &Caller,
    maker: &UserId,
    wanted: Option<&Reach<String>>,
) -> Result<Reach<UserId>, Error> {
    let named = match wanted {
        None => return Ok(Reach::Only(vec![maker.clone()])),
        Some(Reach::All(star)) => {
            caller.require_admin()?;
            return Ok(Reach::All(*star));
        }
        Some(Reach::Only(named)) => named,
    };
    let mut users = Vec::new();
    for name in named {
        if let Owner::User(id) = caller.self_or_admin(app, name).await?.owner() {
            users.push(id.clone());
        }
    }
    Ok(Reach::Only(distinct(users)))
}

fn distinct<T: Ord>(mut those: Vec<T>) -> Vec<T> {
    those.sort();
    those.dedup();
    those
}

fn ends(now: Timestamp, days: Option<i64>) -> Result<Timestamp, Error> {
    now.checked_add(SignedDuration::from_hours(24 * days.unwrap_or(USUAL_LIFE))).map_err(Error::internal)
}
