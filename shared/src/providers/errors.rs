//! What a provider's answer means for the integration: fine, refresh, reconnect, wait, or the operator's mistake.
//!
//! It judges; it changes nothing and never decides to disconnect on a guess: what is not known to be about the grant
//! is not `Reauthorize`.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822};
use serde_json::Value;

use super::{
    Provider, json,
    said::Sent,
    schema::{CallAuth, Errors, Means, Revoke},
};

/// A provider that asks for more patience than this is not taken at its word.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It worked.
    Fine,
    /// The access token is no good; a refreshed one may be.
    Refresh,
    /// The grant is dead; only its owner can give a new one.
    Reauthorize,
    /// The operator's client is set up wrongly: alarm, and disconnect nobody.
    Operator,
    /// Too many calls; wait so long, where told.
    SlowDown(Option<Duration>),
    /// This request is wrong, and will be tomorrow.
    Refused,
    /// It may work later.
    Transient,
}

/// What an answer means, with what the provider said about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Verdict {
    /// What to do about it.
    pub meaning: Meaning,
    /// The HTTP status.
    pub status: u16,
    /// The provider's code, cleaned.
    pub code: Option<String>,
    /// A sentence for people: the provider's, cleaned, or ours.
    pub message: String,
}

/// Judges an answer of the API.
pub fn api(provider: &Provider, response: &Response<Bytes>, sent: &Sent) -> Verdict {
    judge(&provider.file().errors, Side::Api, response, sent)
}

/// Judges an answer of the token endpoint by its error alone; whether there is a token in it is for `oauth::token`.
pub fn token(rules: &Errors, response: &Response<Bytes>, sent: &Sent) -> Verdict {
    judge(rules, Side::Token, response, sent)
}

/// Judges an answer to a revocation. What was gone already is as good as revoked.
pub fn revocation(provider: &Provider, revoke: &Revoke, response: &Response<Bytes>, sent: &Sent) -> Verdict {
    let mut verdict = api(provider, response, sent);
    let gone = verdict.code.as_ref().is_some_and(|code| revoke.gone_codes.contains(code))
        || revoke.gone_status.contains(&verdict.status)
        || verdict.meaning == Meaning::Reauthorize;
    verdict.meaning = match verdict.meaning {
        _ if gone => Meaning::Fine,
        // It was the client that was refused, not a token that a refresh could replace.
        Meaning::Refresh if revoke.request.auth == CallAuth::Client => Meaning::Operator,
        other => other,
    };
    verdict
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Api,
    Token,
}

fn judge(rules: &Errors, side: Side, response: &Response<Bytes>, sent: &Sent) -> Verdict {
    let status = response.status();
    let body = json::strict(response.body()).unwrap_or(Value::Null);
    let code = code(rules, side, &body).map(|code| sent.clean(&code));
    let said = message(rules, side, &body).map(|said| sent.clean(&said)).filter(|said| !said.is_empty());
    let meaning = if succeeded(rules, side, status, code.is_some(), &body) {
        Meaning::Fine
    } else {
        meaning(rules, side, response, code.as_deref(), said.as_deref(), &body)
    };
    let message = said.or_else(|| code.clone()).unwrap_or_else(|| match status.canonical_reason() {
        Some(reason) => format!("the provider answered {} {reason}", status.as_u16()),
        None => format!("the provider answered {}", status.as_u16()),
    });
    Verdict { meaning, status: status.as_u16(), code, message }
}

fn succeeded(rules: &Errors, side: Side, status: StatusCode, coded: bool, body: &Value) -> bool {
    let denied = rules.ok.as_ref().is_some_and(|ok| ok.find(body) == Some(&Value::Bool(false)));
    let coded = coded && (rules.in_200 || side == Side::Token);
    status.is_success() && !denied && !coded
}

fn code(rules: &Errors, side: Side, body: &Value) -> Option<String> {
    let standard = || (side == Side::Token).then(|| body.get("error")?.as_str().map(str::to_owned)).flatten();
    rules.code.iter().find_map(|pointer| pointer.text(body)).or_else(standard).filter(|code| !code.is_empty())
}

fn message(rules: &Errors, side: Side, body: &Value) -> Option<String> {
    let standard = || (side == Side::Token).then(|| body.get("error_description")?.as_str().map(str::to_owned));
    rules.message.iter().find_map(|pointer| pointer.text(body)).or_else(|| standard().flatten())
}

/// From the surest sign to the vaguest: what the file says of the message, the code, the status; then the standard.
fn meaning(
    rules: &Errors,
    side: Side,
    response: &Response<Bytes>,
    code: Option<&str>,
    said: Option<&str>,
    body: &Value,
) -> Meaning {
    let status = response.status();
    let wait = || wait(rules, response.headers(), body);
    let said = said.unwrap_or_default().to_lowercase();
    // Of several parts the longest says most.
    let heard = rules.says.iter().filter(|(part, _)| said.contains(&part.to_lowercase()));
    let by_says = heard.max_by_key(|(part, _)| part.len()).map(|(_, means)| *means);
    // AWS's JSON services may put a namespace before it, as in `com.amazonaws.sqs#ThrottlingException`.
    let bare = || code?.rsplit_once('#').map(|(_, bare)| bare);
    let by_code = code.and_then(|code| rules.codes.get(code)).or_else(|| rules.codes.get(bare()?)).copied();
    let by_status = rules.status.get(status.as_str()).copied();
    // A server in trouble says many things; none of them is about the grant.
    let told = if status.is_server_error() { by_status } else { by_says.or(by_code).or(by_status) };
    if let Some(means) = told {
        return means_of(means, wait);
    }
    let spent = status == StatusCode::FORBIDDEN && exhausted(rules, response.headers());
    if spent || status == StatusCode::TOO_MANY_REQUESTS {
        return Meaning::SlowDown(wait());
    }
    if status.is_server_error() || matches!(status.as_u16(), 408 | 425) {
        return wait().map_or(Meaning::Transient, |wait| Meaning::SlowDown(Some(wait)));
    }
    match side {
        Side::Token => token_code(code, status, wait),
        Side::Api if status == StatusCode::UNAUTHORIZED => Meaning::Refresh,
        Side::Api => Meaning::Refused,
    }
}

fn means_of(means: Means, wait: impl Fn() -> Option<Duration>) -> Meaning {
    match means {
        Means::Fine => Meaning::Fine,
        Means::Refresh => Meaning::Refresh,
        Means::Reauthorize => Meaning::Reauthorize,
        Means::Operator => Meaning::Operator,
        Means::SlowDown => Meaning::SlowDown(wait()),
        Means::Refused => Meaning::Refused,
        Means::Transient => Meaning::Transient,
    }
}

/// RFC 6749 section 5.2, and what vendors say in its stead.
fn token_code(code: Option<&str>, status: StatusCode, wait: impl Fn() -> Option<Duration>) -> Meaning {
    match code {
        Some("invalid_grant" | "invalid_refresh_token" | "access_denied" | "token_revoked") => Meaning::Reauthorize,
        Some(
            "invalid_client"
            | "invalid_client_id"
            | "bad_client_secret"
            | "bad_redirect_uri"
            | "redirect_uri_mismatch"
            | "unauthorized_client"
            | "unsupported_grant_type",
        ) => Meaning::Operator,
        Some("slow_down") => Meaning::SlowDown(wait()),
        Some("server_error" | "temporarily_unavailable") => Meaning::Transient,
        None if status == StatusCode::UNAUTHORIZED => Meaning::Operator,
        _ => Meaning::Refused,
    }
}

/// A counter that stands at nothing, or a time to come back, where the provider counts at all.
fn exhausted(rules: &Errors, headers: &HeaderMap) -> bool {
    rules.remaining_header.as_ref().is_some_and(|name| text(headers, name) == Some("0"))
        || (headers.contains_key(header::RETRY_AFTER) && rules.remaining_header.is_some())
}

/// How long to wait: by the body, `Retry-After`, or the file's reset header. Times are read against the answer's own
/// `Date`, so that no clock is needed and ours may be wrong.
fn wait(rules: &Errors, headers: &HeaderMap, body: &Value) -> Option<Duration> {
    let told = rules.retry_after.as_ref().and_then(|pointer| seconds(&pointer.text(body)?));
    let after = || {
        let after = text(headers, header::RETRY_AFTER.as_str())?;
        seconds(after).or_else(|| until(http_date(after)?, headers))
    };
    let reset = || {
        let reset = text(headers, rules.reset_header.as_ref()?)?.parse().ok()?;
        until(Timestamp::from_second(reset).ok()?, headers)
    };
    told.or_else(after).or_else(reset).map(|seconds| Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

fn until(then: Timestamp, headers: &HeaderMap) -> Option<u64> {
    let now = http_date(text(headers, header::DATE.as_str())?)?;
    u64::try_from(then.as_second() - now.as_second()).ok()
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// Whole seconds; a fraction counts as one more.
fn seconds(text: &str) -> Option<u64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: u64 = whole.parse().ok()?;
    rest.bytes().all(|b| b.is_ascii_digit()).then(|| whole.saturating_add(u64::from(rest.bytes().any(|b| b != b'0'))))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
