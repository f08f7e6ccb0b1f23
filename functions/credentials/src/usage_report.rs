//! `credentials.usage_report`: what models were used for, by user, project and model.
//!
//! A report of many rows comes in parts. Parts add up: the same user, project and model may stand in several.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::{Query, State},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use shared::{
    app::App,
    auth::{Asker, Caller, Kind, Role, Scope},
    http::{Code, Error, Problem, Result},
    store::usage::Counted,
};
use utoipa::{IntoParams, ToSchema};

use crate::log_usage::GUEST;

/// The longest span, in days: a quarter of a year.
const LONGEST: i32 = 93;
/// So many days if nothing is said, today included.
const USUAL: i32 = 30;
/// So many rows of the table make a part.
const MOST: usize = 5000;

/// Which span, and of whom.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// The first day (UTC), as `2026-11-01`; thirty days up to the last if nothing is said.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day; today if nothing is said.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// One user alone: an id, an e-mail address, or as the log named it.
    #[serde(alias = "userId", alias = "user_id")]
    user: Option<String>,
    /// One project alone.
    #[serde(rename = "projectId", alias = "project_id")]
    project_id: Option<String>,
    /// One model alone.
    model: Option<String>,
    /// Where the part before ended.
    cursor: Option<String>,
}

/// The numbers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    success: bool,
    #[schema(value_type = String, format = Date)]
    from: Date,
    #[schema(value_type = String, format = Date)]
    to: Date,
    /// One a user, project and model.
    usage: Vec<Row>,
    /// All of them together.
    totals: Numbers,
    /// The `cursor` of the next part, if there is one; parts add up.
    next_cursor: Option<String>,
}

/// One user, project and model.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: String,
    username: Option<String>,
    project_id: String,
    model: String,
    #[serde(flatten)]
    numbers: Numbers,
}

/// How much.
#[derive(Clone, Copy, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    requests: i64,
    input_tokens: i64,
    output_tokens: i64,
    total_tokens: i64,
}

impl Numbers {
    fn add(&mut self, row: &Counted) {
        self.requests += row.requests;
        self.input_tokens += row.input_tokens;
        self.output_tokens += row.output_tokens;
        self.total_tokens += row.total_tokens;
    }
}

/// Reports what models were used for. An administrator, and a key of the organisation, sees all of it; others their own.
#[utoipa::path(
    get, path = "/api/usage/report", operation_id = "credentials.usage_report", tag = "credentials",
    params(Asked),
    responses(
        (status = 200, body = Report),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "A service key without the scope `usage:read`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = []), ("session" = []), ("service_key" = [])),
)]
pub(crate) async fn handle(State(app): State<App>, caller: Asker, Query(asked): Query<Asked>) -> Result<Json<Report>> {
    let caller = caller.about(&app, asked.user.as_deref()).await?;
    caller.require_scope(Scope::UsageRead)?;
    let today = app.clock.now().to_zoned(TimeZone::UTC).date();
    let (from, to) = span(&asked, today)?;
    let after = asked.cursor.as_deref().map(|cursor| place(cursor, from, to)).transpose()?;
    let user = match seen(&caller, asked.user.as_deref()) {
        Some(named) => Some(meant(&app, &caller, named).await?),
        None => None,
    };
    // A place in another user's numbers, which the table would not begin at.
    if let (Some((_, sk)), Some(user)) = (&after, &user)
        && !shared::store::usage::is_of(sk, user)
    {
        return Err(foreign());
    }
    let part = app.store.usage(caller.tenant(), (from, to), user.as_deref(), after, MOST).await?;
    let wanted = |row: &&Counted| {
        caller.project().is_none_or(|own| own == row.project)
            && asked.project_id.as_ref().is_none_or(|project| *project == row.project)
            && asked.model.as_ref().is_none_or(|model| *model == row.model)
    };
    let (mut groups, mut totals) = (BTreeMap::new(), Numbers::default());
    for row in part.rows.iter().filter(wanted) {
        let (username, numbers): &mut (Option<String>, Numbers) =
            groups.entry((&row.user, &row.project, &row.model)).or_default();
        numbers.add(row);
        totals.add(row);
        if row.username.is_some() {
            username.clone_from(&row.username);
        }
    }
    let rows = groups.into_iter().map(|((user, project, model), (username, numbers))| Row {
        user_id: user.clone(),
        username,
        project_id: project.clone(),
        model: model.clone(),
        numbers,
    });
    let next_cursor = part.next.map(|(day, sk)| BASE64_URL_SAFE_NO_PAD.encode(format!("{day}/{sk}")));
    Ok(Json(Report { success: true, from, to, usage: rows.collect(), totals, next_cursor }))
}

fn span(asked: &Asked, today: Date) -> Result<(Date, Date)> {
    let to = asked.to.unwrap_or(today);
    let from = asked.from.unwrap_or_else(|| to.saturating_sub((USUAL - 1).days()));
    let days = (to - from).get_days();
    if from > to {
        return Err(Error::field("from", "The first day comes before the last"));
    }
    if days >= LONGEST {
        return Err(Error::field("from", "A report spans at most 93 days; ask for several"));
    }
    Ok((from, to))
}

/// Whose numbers alone are shown, if not everybody's.
fn seen<'a>(caller: &'a Caller, asked: Option<&'a str>) -> Option<&'a str> {
    match (caller.kind(), caller.user_id()) {
        (Kind::Person { .. }, _) if caller.role() == Role::Admin => asked,
        (_, Some(own)) => Some(own.as_str()),
        (_, None) => asked,
    }
}

/// Under which id somebody is counted.
async fn meant(app: &App, caller: &Caller, named: &str) -> Result<String> {
    if named == GUEST || caller.user_id().is_some_and(|own| own.as_str() == named) {
        return Ok(named.to_owned());
    }
    Ok(caller.colleague(app, named).await?.map_or_else(|| named.to_owned(), |user| user.id.into()))
}

/// Where a part goes on. The organisation is the caller's, and the day must lie in the span.
fn place(cursor: &str, from: Date, to: Date) -> Result<(Date, String)> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let parts = decoded.as_deref().and_then(|text| text.split_once('/'));
    let parts = parts.and_then(|(day, sk)| Some((day.parse::<Date>().ok()?, sk.to_owned())));
    let ours = parts.filter(|(day, sk)| (from..=to).contains(day) && (1..=1024).contains(&sk.len()));
    ours.ok_or_else(foreign)
}

fn foreign() -> Error {
    Error::new(Code::Malformed, "This cursor is none of ours")
}
