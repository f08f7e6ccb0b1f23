//! JSON in: bounded, strict about types, lenient about where an old client puts its parameters.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Code, Error, FieldError};

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
        let body = read(request, state).await?;
        let value: T = parse(body)?;
        let mut errors = Vec::new();
        value.validate(&mut errors);
        if errors.is_empty() { Ok(Self(value)) } else { Err(Error::fields(errors)) }
    }
}

/// Parameters that may come in the query, in a JSON body or in a form; the body wins. No body at all is an empty object.
pub struct Input<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Input<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        let mut merged = query_object(request.uri().query().unwrap_or_default())?;
        match read(request, state).await? {
            Value::Object(body) => merged.extend(body),
            Value::Null => {}
            _ => return Err(Error::new(Code::Malformed, "The body must be a JSON object")),
        }
        Ok(Self(parse(Value::Object(merged))?))
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
            _ => Err(Error::new(Code::Malformed, "The body must be a JSON object")),
        }
    }
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

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Value, Error> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let body = Bytes::from_request(request, state).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Error::new(Code::TooLarge, "The body is larger than this operation takes")
        } else {
            Error::new(Code::Malformed, "The body could not be read")
        }
    })?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Value::Null);
    }
    if form {
        let text = std::str::from_utf8(&body).map_err(|_| Error::new(Code::Malformed, "The form is not UTF-8"))?;
        return Ok(Value::Object(query_object(text)?));
    }
    serde_json::from_slice(&body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Error::new(Code::Malformed, format!("The body is not valid JSON ({place})"))
    })
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let pointer = error.path().iter().fold(String::new(), |path, segment| match segment {
            serde_path_to_error::Segment::Seq { index } => format!("{path}/{index}"),
            serde_path_to_error::Segment::Map { key } => format!("{path}/{key}"),
            serde_path_to_error::Segment::Enum { variant } => format!("{path}/{variant}"),
            serde_path_to_error::Segment::Unknown => path,
        });
        Error::field(pointer, bounded(&error.inner().to_string()))
    })
}

/// A parser's sentence may quote what was sent; a secret in the wrong place must not come back.
fn bounded(sentence: &str) -> String {
    match sentence.split_once(": ") {
        Some(("invalid type" | "invalid value", rest)) => {
            let expected = rest.rsplit_once("expected ").map_or("another type", |(_, expected)| expected);
            format!("Wrong type or value here: expected {expected}")
        }
        _ => sentence.chars().take(200).collect(),
    }
}
