//! JSON in: bounded, strict about types, lenient about where an old client puts its parameters.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Code, Error, FieldError, wording};
use crate::{app::App, providers::json};

/// Bodies of API operations are small; what takes more says so itself.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// What a body must hold beyond its types.
pub trait Validate {
    /// Adds each unacceptable value to `errors`.
    fn validate(&self, errors: &mut Vec<FieldError>);
}

/// A JSON body, parsed and validated.
pub struct Valid<T>(pub T);

impl<T: DeserializeOwned + Validate, S: Send + Sync> FromRequest<S> for Valid<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        // A list would fill the fields by their order.
        let Value::Object(body) = read(request, state).await? else { return Err(no_object()) };
        let value: T = parse(Value::Object(body))?;
        let mut errors = Vec::new();
        value.validate(&mut errors);
        if errors.is_empty() { Ok(Self(value)) } else { Err(Error::fields(errors)) }
    }
}

/// Parameters that may come in the query, in a JSON body or in a form. One that comes in two places must be the same in
/// both. No body at all is an empty object.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let mut merged = query_object(request.uri().query().unwrap_or_default())?;
        match read(request, state).await? {
            Value::Object(body) => merge(&mut merged, body)?,
            Value::Null => {}
            _ => return Err(no_object()),
        }
        Ok(Self(parse(Value::Object(merged))?))
    }
}

/// The form of a page of ours, and nothing of the query: passwords have no business in an address. What another site's page
/// sends is refused before it is read: it could sign a person in to a stranger's account.
pub struct Posted<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Posted<T> {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        app.origins().await?.guard(request.method(), request.headers())?;
        let Members(body) = Members::from_request(request, app).await?;
        Ok(Self(parse(Value::Object(body))?))
    }
}

/// The members of a JSON body, and nothing of the query: what holds a credential has no business in an address. No body at
/// all is an empty object.
pub struct Members(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Members {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match read(request, state).await? {
            Value::Object(body) => Ok(Self(body)),
            Value::Null => Ok(Self(Map::new())),
            _ => Err(no_object()),
        }
    }
}

fn no_object() -> Error {
    Error::new(Code::Malformed, "The body must be a JSON object")
}

/// Adds the body's members to those of the query. `redirectUri` and `redirect_uri` are the same parameter.
fn merge(query: &mut Map<String, Value>, body: Map<String, Value>) -> Result<(), Error> {
    let plain = |name: &str| name.replace('_', "").to_ascii_lowercase();
    for (name, value) in body {
        let same = query.keys().find(|known| plain(known) == plain(&name)).cloned();
        if let Some(other) = same.and_then(|same| query.remove(&same))
            && other != value
        {
            return Err(Error::field(format!("/{name}"), "This parameter was sent twice"));
        }
        query.insert(name, value);
    }
    Ok(())
}

/// The query as an object. A parameter given twice is refused: which one counts is what attackers play with.
pub fn query_object(query: &str) -> Result<Map<String, Value>, Error> {
    let mut object = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if object.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(Error::field(name, "This parameter was sent twice"));
        }
    }
    Ok(object)
}

/// The whole body, within the limit that holds where this is called.
pub(super) async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Error> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Error::new(Code::TooLarge, "The body is larger than this operation takes")
        } else {
            Error::new(Code::Malformed, "The body could not be read")
        }
    })
}

/// How a body is to be read.
#[derive(PartialEq)]
enum Kind {
    Json,
    Form,
}

impl Kind {
    /// Old clients send JSON as plain text, as bytes, or without a word; what is called something else is not guessed at.
    fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(Self::Json) };
        let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
        match text.split(';').next().unwrap_or_default().trim() {
            "application/x-www-form-urlencoded" => Ok(Self::Form),
            "" | "application/json" | "text/plain" | "application/octet-stream" => Ok(Self::Json),
            kind if kind.ends_with("+json") => Ok(Self::Json),
            _ => Err(Error::new(Code::UnsupportedMediaType, "The body must be JSON, sent as application/json")),
        }
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Value, Error> {
    let kind = Kind::of(request.headers());
    let body = whole(request, state).await?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    if kind? == Kind::Form {
        let text = std::str::from_utf8(&body).map_err(|_| Error::new(Code::Malformed, "The form is not UTF-8"))?;
        return Ok(Value::Object(query_object(text)?));
    }
    // A member given twice is refused like a parameter given twice.
    json::strict(&body).map_err(|invalid| match invalid {
        json::InvalidJson::DoubledKey => Error::new(Code::Malformed, "A member stands twice in the body"),
        json::InvalidJson::NotJson => match serde_json::from_slice::<serde::de::IgnoredAny>(&body) {
            Err(error) => {
                let place = format!("line {}, column {}", error.line(), error.column());
                Error::new(Code::Malformed, format!("The body is not valid JSON ({place})"))
            }
            Ok(_) => Error::new(Code::Malformed, "The body is not valid JSON"),
        },
    })
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().iter().filter_map(|segment| match segment {
            serde_path_to_error::Segment::Seq { index } => Some(index.to_string()),
            serde_path_to_error::Segment::Map { key } => Some(key.clone()),
            serde_path_to_error::Segment::Enum { variant } => Some(variant.clone()),
            serde_path_to_error::Segment::Unknown => None,
        });
        let path: Vec<String> = path.collect();
        Error::fields(vec![wording::told(&path, &error.inner().to_string())])
    })
}
