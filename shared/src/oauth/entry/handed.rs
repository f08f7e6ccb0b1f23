//! Tokens that another system got, as D2's and D4's clients hand them over: many names and forms for the same four facts.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{
    app::App,
    http::{Error, Result},
    oauth::scopes,
    providers::Provider,
    secret::Secret,
};

/// No access token lives longer than ten years, in seconds.
const LONGEST: i64 = 10 * 365 * 24 * 60 * 60;
/// A number above this is a time in milliseconds, as JavaScript counts them.
const MILLISECONDS: i64 = 100_000_000_000;

/// Tokens of a grant that was made elsewhere.
pub struct Handed {
    /// To be lent.
    pub(crate) access_token: Secret<String>,
    /// What renews it, where there is one.
    pub(crate) refresh_token: Option<Secret<String>>,
    /// Seconds that the access token still lives; none where nobody knows.
    pub(crate) expires_in: Option<u64>,
    /// What was granted, as far as it was told.
    pub(crate) scopes: Vec<String>,
}

impl Handed {
    /// Reads them. No error quotes what was sent.
    pub fn read(app: &App, provider: &Provider, bare: &Map<String, Value>) -> Result<Self> {
        let access_token = text(bare, &["accessToken", "access_token"])?
            .ok_or_else(|| Error::field("/credentials/accessToken", "An access token must be given as text"))?;
        let oauth2 = provider.oauth2();
        // Where tokens are exchanged for longer-lived ones, the file tells the life of those.
        let assumed = oauth2.and_then(|oauth2| oauth2.refresh.as_ref());
        let assumed = assumed.filter(|refresh| refresh.exchange.is_none()).and_then(|refresh| refresh.expires_in);
        let separator = oauth2.and_then(|oauth2| oauth2.answer_separator.as_deref());
        let scopes = match find(bare, &["scope", "scopes"]) {
            Some((_, Value::String(text))) => scopes::split(text, separator),
            Some((_, Value::Array(list))) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            access_token,
            refresh_token: text(bare, &["refreshToken", "refresh_token"])?,
            expires_in: life(bare, app.clock.now())?.or(assumed),
            scopes,
        })
    }
}

fn find<'a>(bare: &'a Map<String, Value>, names: &[&str]) -> Option<(&'a String, &'a Value)> {
    bare.iter().find(|(name, value)| names.contains(&name.as_str()) && !value.is_null())
}

/// No token begins or ends with a blank; what is pasted does, by accident.
fn text(bare: &Map<String, Value>, names: &[&str]) -> Result<Option<Secret<String>>> {
    match find(bare, names) {
        None => Ok(None),
        Some((_, Value::String(text))) if text.trim().is_empty() => Ok(None),
        Some((_, Value::String(text))) => Ok(Some(Secret::new(text.trim().to_owned()))),
        Some((name, _)) => Err(Error::field(format!("/credentials/{name}"), "A token must be given as text")),
    }
}

/// How long the access token still lives: told as seconds, or as the time of its end. One that has ended already lives for
/// no time, and is refreshed when it is asked for.
fn life(bare: &Map<String, Value>, now: Timestamp) -> Result<Option<u64>> {
    let wrong = |name: &str, sentence: &str| Error::field(format!("/credentials/{name}"), sentence.to_owned());
    let left = if let Some((name, value)) = find(bare, &["expiresIn", "expires_in"]) {
        whole(value).map(|seconds| (name, seconds)).ok_or_else(|| wrong(name, "This must be a number of seconds"))?
    } else if let Some((name, value)) =
        find(bare, &["expiryDate", "expiry_date", "tokenExpiry", "token_expiry", "expiresAt", "expires_at"])
    {
        let end = end(value).ok_or_else(|| wrong(name, "This must be a time: RFC 3339, or seconds or milliseconds"))?;
        (name, end - now.as_second())
    } else {
        return Ok(None);
    };
    match left {
        (name, seconds) if seconds > LONGEST => Err(wrong(name, "No access token lives longer than ten years")),
        (_, seconds) => Ok(Some(u64::try_from(seconds).unwrap_or_default())),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

fn end(value: &Value) -> Option<i64> {
    match whole(value) {
        Some(number) if number > MILLISECONDS => Some(number / 1000),
        Some(number) => Some(number),
        None => value.as_str()?.trim().parse::<Timestamp>().ok().map(Timestamp::as_second),
    }
}
