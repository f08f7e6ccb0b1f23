//! Makes a managed user: one of an app's own users, without a sign-in here.

use axum::{Extension, Json, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Caller, Scope, email},
    http::{Code, Error, FieldError, Problem, Valid, Validate},
    id::{RequestId, UserId},
    store::{
        audit::{Detailed, Entry},
        managed::Managed,
    },
};
use utoipa::ToSchema;

/// Longest id of an app's own, in bytes.
const LONGEST_ID: usize = 128;
/// Longest name, in characters.
const LONGEST_NAME: usize = 200;
/// How often it looks again after somebody else made or deleted the same one under its hands.
const ROUNDS: usize = 3;

/// Who the user is to the app.
#[derive(Deserialize, ToSchema)]
pub(crate) struct CreateUser {
    /// The app's own id: 1 to 128 printable ASCII characters without spaces. There is one user of it in the organisation.
    #[serde(rename = "externalId", alias = "external_id")]
    external_id: String,
    /// The app's note of an address. It is nobody's account.
    email: Option<String>,
    /// The name that pages show; the app's id where nothing is told.
    #[serde(alias = "full_name", alias = "fullName")]
    name: Option<String>,
}

impl Validate for CreateUser {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: &str, detail: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        let id = &self.external_id;
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            bad("/externalId", "An id has 1 to 128 printable ASCII characters, none of them a space");
        }
        if self.email.as_deref().is_some_and(|typed| email::normalise(typed).is_none()) {
            bad("/email", "This is not an e-mail address");
        }
        let name = self.name.as_deref().map(str::trim);
        let fits = |name: &str| !name.is_empty() && name.chars().count() <= LONGEST_NAME;
        if name.is_some_and(|name| !fits(name) || name.chars().any(char::is_control)) {
            bad("/name", "A name has 1 to 200 characters, none of them a control character");
        }
    }
}

/// A managed user.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManagedView {
    /// Our id; `X-On-Behalf-Of` takes it, and `ext:` with the app's own.
    id: String,
    /// The app's own id.
    external_id: String,
    /// The app's note of an address.
    email: Option<String>,
    /// The name that pages show.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<Managed> for ManagedView {
    fn from(user: Managed) -> Self {
        Self {
            id: user.id.into(),
            external_id: user.external_id,
            email: user.email,
            name: user.full_name,
            created_at: user.created_at,
        }
    }
}

/// Make a managed user
///
/// Asking again for the same `externalId` gives the same user, with the name and address told last.
#[utoipa::path(
    post, path = "/api/users", operation_id = "auth.create_user", tag = "users",
    request_body = CreateUser,
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    responses(
        (status = 200, description = "There already", body = ManagedView),
        (status = 201, description = "Made", body = ManagedView),
        (status = 400, description = "Not acceptable", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Nobody is signed in", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Without the scope `users:manage`, or limited to certain users", body = Problem, content_type = "application/problem+json"),
    ),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn create_user(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    caller: Caller,
    Valid(body): Valid<CreateUser>,
) -> Result<(StatusCode, Json<ManagedView>), Error> {
    caller.require_scope(Scope::UsersManage)?;
    caller.require_all_users()?;
    let email = body.email.as_deref().and_then(email::normalise);
    let name = body.name.as_deref().map(|name| name.trim().to_owned());
    for _ in 0..ROUNDS {
        let found = app.store.user_by_external_id(caller.org(), &body.external_id).await?;
        if let Some(found) = found.and_then(Managed::of) {
            let told = Managed {
                email: email.clone().or_else(|| found.email.clone()),
                full_name: name.clone().unwrap_or_else(|| found.full_name.clone()),
                ..found.clone()
            };
            let same = (&told.email, &told.full_name) == (&found.email, &found.full_name);
            let entry = entry(&caller, "user.change", &told, &request);
            if same || app.store.change_managed(&told, &entry).await? {
                return Ok((StatusCode::OK, Json(told.into())));
            }
            continue;
        }
        let new = Managed {
            id: app.ids.make::<UserId>(),
            org: caller.org().clone(),
            external_id: body.external_id.clone(),
            email: email.clone(),
            full_name: name.clone().unwrap_or_else(|| body.external_id.clone()),
            created_at: app.clock.now(),
        };
        if app.store.add_managed(&new, Some(&entry(&caller, "user.create", &new, &request))).await? {
            return Ok((StatusCode::CREATED, Json(new.into())));
        }
    }
    Err(Error::new(Code::Conflict, "This user is being made and deleted at the same time; try again"))
}

fn entry<'a>(caller: &'a Caller, action: &'a str, user: &'a Managed, request: &'a RequestId) -> Detailed<'a> {
    let (org, actor, subject) = (caller.org(), caller.actor(), user.id.as_str());
    Entry { org, actor, action, subject, request: Some(request) }.about([])
}
