//! What a token endpoint answers, read with suspicion. Errors never hold a token, nor any of the answer but the
//! provider's own sentence, cleaned.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, Response, header};
use serde_json::{Map, Value};

use crate::{
    oauth::scopes,
    providers::{
        External, How, Meaning, Pointer, Provider, Sent, Verdict, errors, identity, json,
        schema::{Errors, Session, TokenAnswer},
    },
    secret::Secret,
};

/// No token answer is larger.
pub(crate) const LARGEST: usize = 64 * 1024;
/// No access token lives longer than ten years.
const LONGEST: u64 = 10 * 365 * 24 * 60 * 60;

/// What a provider gave.
pub struct Grant {
    /// What requests carry.
    pub access_token: Secret<String>,
    /// Gets the next access token. After a refresh, none means: keep the one you have.
    pub refresh_token: Option<Secret<String>>,
    /// Seconds the access token lives: as answered, else as the provider's file assumes.
    pub expires_in: Option<u64>,
    /// The scopes granted; none if the answer does not tell, which means: as requested.
    pub scopes: Option<Vec<String>>,
    /// As answered, in lower case.
    pub token_type: Option<String>,
    /// What the answer itself tells of the account. To be completed with [`Identify`](crate::providers::Identify).
    pub external: External,
    /// Facts that the provider's file wants kept, none of them secret; placeholders of later requests.
    pub kept: BTreeMap<String, String>,
}

/// Why there is no grant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The provider said no.
    #[error("{0}")]
    Refused(#[from] Verdict),
    /// The answer is too large to be one.
    #[error("the token endpoint answered more than 64 KiB")]
    TooLarge,
    /// The answer says it is something else than JSON.
    #[error("the token endpoint answered {content_type} instead of JSON (status {status})")]
    NotJson {
        /// The HTTP status.
        status: u16,
        /// What the answer calls itself.
        content_type: String,
    },
    /// The answer says success and cannot be used.
    #[error("the token endpoint's answer cannot be used: {0}")]
    Unusable(&'static str),
    /// The provider has no OAuth.
    #[error("the provider has no OAuth")]
    Unsupported,
}

impl TokenError {
    /// What it means for the grant. Whatever is not a clear word is transient.
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Refused(verdict) => verdict.meaning,
            Self::Unsupported => Meaning::Refused,
            Self::TooLarge | Self::NotJson { .. } | Self::Unusable(_) => Meaning::Transient,
        }
    }

    /// May the provider have spent the code or refresh token all the same? Also where a server in trouble names a time.
    pub fn is_uncertain(&self) -> bool {
        match self {
            Self::Unsupported => false,
            Self::Refused(Verdict { meaning: Meaning::SlowDown(_), status, .. }) => *status >= 500,
            _ => self.meaning() == Meaning::Transient,
        }
    }

    /// The provider's code, where it said one.
    pub fn code(&self) -> Option<&str> {
        if let Self::Refused(verdict) = self { verdict.code.as_deref() } else { None }
    }
}

/// Reads the answer to an exchange or a refresh. `sent` is what came with the request.
pub fn parse_answer(provider: &Provider, response: &Response<Bytes>, sent: &Sent) -> Result<Grant, TokenError> {
    let oauth2 = provider.oauth2().ok_or(TokenError::Unsupported)?;
    let refresh = oauth2.refresh.as_ref();
    let reading = Reading {
        errors: &oauth2.errors,
        answer: &oauth2.answer,
        separator: oauth2.answer_separator.as_deref(),
        expires_in: refresh.and_then(|refresh| refresh.expires_in),
    };
    let mut grant = parse(provider, &reading, response, sent)?;
    if refresh.is_some_and(|refresh| refresh.exchange.is_some()) {
        // The token is its own refresh token.
        grant.refresh_token = Some(grant.access_token.clone());
    }
    Ok(grant)
}

/// Reads the answer to a credential that mints. A refresh token in it is left: the credential mints the next one, too.
pub fn parse_minted(provider: &Provider, response: &Response<Bytes>, sent: &Sent) -> Result<Grant, TokenError> {
    let minting = provider.minting().ok_or(TokenError::Unsupported)?;
    if let How::Session(session) = minting.how {
        let access_token = parts(session, &body(minting.errors, response, sent)?)?;
        let expires_in = minting.expires_in;
        let (external, kept) = (External::default(), BTreeMap::new());
        return Ok(Grant {
            access_token,
            refresh_token: None,
            expires_in,
            scopes: None,
            token_type: None,
            external,
            kept,
        });
    }
    let reading =
        Reading { errors: minting.errors, answer: minting.answer, separator: None, expires_in: minting.expires_in };
    Ok(Grant { refresh_token: None, ..parse(provider, &reading, response, sent)? })
}

/// How an answer is read.
struct Reading<'f> {
    errors: &'f Errors,
    answer: &'f TokenAnswer,
    /// Between scopes.
    separator: Option<&'f str>,
    /// The life of a token whose answer does not tell.
    expires_in: Option<u64>,
}

fn parse(
    provider: &Provider,
    reading: &Reading<'_>,
    response: &Response<Bytes>,
    sent: &Sent,
) -> Result<Grant, TokenError> {
    let body = body(reading.errors, response, sent)?;
    let holder = holder(reading.answer, &body).ok_or(TokenError::Unusable("there is no access token in it"))?;
    Ok(Grant {
        access_token: token(holder, "access_token")?.ok_or(TokenError::Unusable("there is no access token in it"))?,
        refresh_token: token(holder, "refresh_token")?,
        expires_in: life(holder.get("expires_in"))?.or(reading.expires_in),
        scopes: granted(reading.separator, holder)?,
        token_type: token_type(reading.answer, holder)?,
        external: identity::from_token_answer(provider, &body),
        kept: identity::kept(&reading.answer.keep, &body),
    })
}

/// The parts of a temporary credential, as one text.
fn parts(session: &Session, body: &Value) -> Result<Secret<String>, TokenError> {
    let part = |(name, pointer): (&String, &Pointer)| {
        let text = pointer.text(body).filter(|text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic()));
        text.map(|text| (name.clone(), Value::String(text))).ok_or(TokenError::Unusable("a part is missing in it"))
    };
    let parts = session.parts.iter().map(part).collect::<Result<Map<_, _>, _>>()?;
    Ok(Secret::new(Value::Object(parts).to_string()))
}

/// The body of an answer that says success.
fn body(errors: &Errors, response: &Response<Bytes>, sent: &Sent) -> Result<Value, TokenError> {
    if response.body().len() > LARGEST {
        return Err(TokenError::TooLarge);
    }
    let verdict = errors::token(errors, response, sent);
    // An error page of something in between says nothing of the grant, whatever its status.
    let told = verdict.code.is_some() || matches!(verdict.meaning, Meaning::SlowDown(_) | Meaning::Transient);
    if let Some(error) = not_json(response).filter(|_| verdict.meaning == Meaning::Fine || !told) {
        return Err(error);
    }
    if verdict.meaning != Meaning::Fine {
        return Err(TokenError::Refused(verdict));
    }
    json::strict(response.body()).map_err(|invalid| match invalid {
        json::InvalidJson::DoubledKey => TokenError::Unusable("a key stands twice in it"),
        json::InvalidJson::NotJson => TokenError::Unusable("it is not JSON"),
    })
}

/// The error, where the answer does not call itself JSON.
fn not_json(response: &Response<Bytes>) -> Option<TokenError> {
    let named = content_type(response.headers());
    let kind = named.as_deref().unwrap_or("an unnamed type");
    let json = kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"));
    let content_type = Sent::default().clean(kind).chars().take(60).collect();
    (!json).then(|| TokenError::NotJson { status: response.status().as_u16(), content_type })
}

fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

/// The object that holds the token: the first one with a token in it.
fn holder<'j>(answer: &TokenAnswer, body: &'j Value) -> Option<&'j Map<String, Value>> {
    if answer.token_at.is_empty() {
        return body.as_object();
    }
    let places = answer.token_at.iter().filter_map(|pointer| pointer.find(body)?.as_object());
    places.into_iter().find(|place| place.get("access_token").is_some_and(|token| !token.is_null()))
}

/// A token is text that a header can hold. Null and absent are the same.
fn token(holder: &Map<String, Value>, key: &str) -> Result<Option<Secret<String>>, TokenError> {
    match holder.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => match key {
            "access_token" => Err(TokenError::Unusable("its access token is empty")),
            _ => Ok(None),
        },
        Some(Value::String(text)) if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(Some(Secret::new(text.clone()))),
        Some(_) => Err(TokenError::Unusable("a token in it is not plain text")),
    }
}

/// Seconds, as a number or as digits. Zero is what some vendors say for "does not end".
fn life(value: Option<&Value>) -> Result<Option<u64>, TokenError> {
    let seconds = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    match seconds {
        Some(0) => Ok(None),
        Some(seconds) if seconds <= LONGEST => Ok(Some(seconds)),
        _ => Err(TokenError::Unusable("its `expires_in` is absurd")),
    }
}

/// A float that is a whole number of seconds, as JavaScript servers write large ones.
fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..=1e12).contains(&number);
    fits.then(|| format!("{number:.0}").parse().ok()).flatten()
}

fn granted(separator: Option<&str>, holder: &Map<String, Value>) -> Result<Option<Vec<String>>, TokenError> {
    match holder.get("scope").or_else(|| holder.get("scopes")) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(scopes::split(text, separator))),
        Some(Value::Array(list)) => {
            let texts = list.iter().map(|scope| scope.as_str().map(str::to_owned));
            texts.collect::<Option<_>>().map(Some).ok_or(TokenError::Unusable("its scopes are not texts"))
        }
        Some(_) => Err(TokenError::Unusable("its scopes are not texts")),
    }
}

/// `bearer`, or what the provider's file lists; an answer without a type means bearer.
fn token_type(answer: &TokenAnswer, holder: &Map<String, Value>) -> Result<Option<String>, TokenError> {
    let named = match holder.get("token_type") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.to_ascii_lowercase(),
        Some(_) => return Err(TokenError::Unusable("its `token_type` is not a text")),
    };
    if named == "bearer" || answer.token_types.contains(&named) {
        Ok(Some(named))
    } else {
        Err(TokenError::Unusable("its `token_type` is not bearer"))
    }
}
