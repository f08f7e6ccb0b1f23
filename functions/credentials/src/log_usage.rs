//! `credentials.log_usage`: counts one use of a model.
//!
//! It is counted for somebody of the organisation wherever one is named, so that people find their own numbers.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Asker, Caller, Scope},
    http::{Code, Error, FieldError, Problem, Result, Valid, Validate},
    store::usage::Use,
};
use utoipa::ToSchema;

/// More tokens than any model takes.
const MOST: i64 = 1_000_000_000;
/// No name is longer, in bytes: each may take three in a row's key.
const LONGEST: usize = 128;
/// Whoever has no account.
pub(crate) const GUEST: &str = "guest";

/// One use of a model. The numbers are the provider's; what was asked and answered is not told.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Log {
    /// The user's id, ours or the application's own; null for whoever has none.
    #[serde(alias = "user_id")]
    #[schema(value_type = Option<String>)]
    user_id: Option<Id>,
    /// The user's name. An e-mail address or an application's own id of somebody in the organisation means that user; what
    /// people send of themselves is not read, they have their own.
    username: Option<String>,
    /// Whether it is somebody without an account. Guests are counted together.
    #[serde(default, alias = "is_guest")]
    is_guest: Option<bool>,
    /// Taken and not kept: the numbers are by day.
    #[serde(alias = "session_id")]
    #[schema(value_type = Option<String>)]
    session_id: Option<Id>,
    /// The project; `default` if nothing is said.
    #[serde(alias = "project_id")]
    project_id: Option<String>,
    /// The model.
    model: String,
    /// Tokens in.
    #[serde(alias = "input_tokens")]
    input_tokens: Option<i64>,
    /// Tokens out.
    #[serde(alias = "output_tokens")]
    output_tokens: Option<i64>,
    /// In all; the sum of both if nothing is said.
    #[serde(alias = "total_tokens")]
    total_tokens: Option<i64>,
}

/// An id as other systems have it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "expected text or a whole number")]
enum Id {
    Text(String),
    Number(i64),
}

impl Id {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(number) => number.to_string(),
        }
    }
}

impl Log {
    fn id(&self) -> Option<String> {
        self.user_id.as_ref().map(Id::text).filter(|id| !id.is_empty())
    }

    fn name(&self) -> Option<String> {
        self.username.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned)
    }

    /// Whom it names; guests are many and have one counter.
    fn named(&self) -> Option<String> {
        self.id().or_else(|| self.name()).filter(|_| self.is_guest != Some(true))
    }
}

impl Validate for Log {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: &str, detail: &str| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail: detail.to_owned() });
        };
        if !is_name(&self.model) {
            bad("/model", "A model's name has 1 to 128 bytes, none of them a control character");
        }
        let id = self.user_id.as_ref().map(Id::text);
        for (pointer, name) in [("/userId", &id), ("/username", &self.username)] {
            if name.as_deref().is_some_and(|name| !name.trim().is_empty() && !is_name(name)) {
                bad(pointer, "A name has at most 128 bytes, none of them a control character");
            }
        }
        let numbers = [
            ("/inputTokens", self.input_tokens),
            ("/outputTokens", self.output_tokens),
            ("/totalTokens", self.total_tokens),
        ];
        for (pointer, number) in numbers {
            if number.is_some_and(|number| !(0..=MOST).contains(&number)) {
                bad(pointer, "A number of tokens is 0 to 1,000,000,000");
            }
        }
        if self.session_id.as_ref().is_some_and(|id| id.text().len() > 1024) {
            bad("/sessionId", "A session's id has at most 1024 characters");
        }
    }
}

fn is_name(text: &str) -> bool {
    (1..=LONGEST).contains(&text.trim().len()) && !text.chars().any(char::is_control)
}

/// It is counted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Logged {
    success: bool,
    message: &'static str,
}

/// Counts one use of a model, by day, user, project and model.
#[utoipa::path(
    post, path = "/api/usage/log", operation_id = "credentials.log_usage", tag = "credentials",
    request_body = Log,
    responses(
        (status = 200, body = Logged),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Somebody else's use, or in another project", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
    extensions(("x-idempotency" = json!("replayed"))),
)]
pub(crate) async fn handle(State(app): State<App>, asker: Asker, Valid(body): Valid<Log>) -> Result<Json<Logged>> {
    let caller = asker.about(&app, body.named().as_deref()).await?;
    caller.require_scope(Scope::UsageWrite)?;
    let project = crate::kept::project(&caller, body.project_id.as_deref())?;
    caller.label(Some(project))?;
    let somebody = somebody(&app, &caller, &body).await?;
    let (input, output) = (body.input_tokens.unwrap_or_default(), body.output_tokens.unwrap_or_default());
    let one = Use {
        user: &somebody.id,
        username: somebody.name.as_deref().filter(|name| *name != somebody.id),
        project,
        model: body.model.trim(),
        input,
        output,
        total: body.total_tokens.unwrap_or(input + output),
    };
    app.store.count_use(caller.tenant(), &one).await?;
    Ok(Json(Logged { success: true, message: "Usage logged" }))
}

/// For whom a use counts, and how they are called.
struct Somebody {
    id: String,
    name: Option<String>,
}

/// Whose use it is. A person, and a key that acts for a user, count for that user alone, under the account's own name:
/// nothing is read for them. For a key of the organisation one or two reads find out whether it names one of ours.
async fn somebody(app: &App, caller: &Caller, body: &Log) -> Result<Somebody> {
    if let Some(own) = caller.user_id() {
        if let Some(id) = body.id().filter(|id| id != own.as_str())
            // An application's own id may be theirs all the same.
            && caller.colleague(app, &id).await?.is_none_or(|user| user.id != *own)
        {
            return Err(Error::new(Code::Forbidden, "This caller counts for another user only"));
        }
        return Ok(Somebody { id: own.to_string(), name: caller.name().map(str::to_owned) });
    }
    let Some(named) = body.named() else {
        return Ok(Somebody { id: GUEST.to_owned(), name: None });
    };
    Ok(match caller.colleague(app, &named).await? {
        Some(user) => Somebody { name: Some(user.called().to_owned()), id: user.id.into() },
        None => Somebody { id: named, name: body.name() },
    })
}
