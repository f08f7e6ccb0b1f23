//! The one error a handler answers with. What it is about is told; what broke inside is logged, never sent.

use std::sync::Arc;

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::Code;

/// One value of the request that is not acceptable.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where: a JSON pointer into the body, or the parameter's name.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

/// An answer that is not a success.
#[derive(Clone, Debug)]
pub struct Error(Box<Inside>);

#[derive(Clone, Debug)]
pub(super) struct Inside {
    pub(super) code: Code,
    pub(super) status: StatusCode,
    pub(super) message: String,
    pub(super) errors: Vec<FieldError>,
    pub(super) extra: Map<String, Value>,
    pub(super) headers: HeaderMap,
    pub(super) cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error with the sentence a person reads.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Inside {
            code,
            status: code.status(),
            message: message.into(),
            errors: Vec::new(),
            extra: Map::new(),
            headers: HeaderMap::new(),
            cause: None,
        }))
    }

    /// A defect or outage of ours: the cause goes to the log only.
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Code::Internal, "Something went wrong on our side").caused_by(cause)
    }

    /// Bad input in one place.
    pub fn field(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let (pointer, detail) = (pointer.into(), detail.into());
        Self::fields(vec![FieldError { pointer, detail }])
    }

    /// Bad input in several places; the message is the first one's.
    pub fn fields(errors: Vec<FieldError>) -> Self {
        let message = errors.first().map_or_else(String::new, |first| first.detail.clone());
        let mut error = Self::new(Code::Invalid, message);
        error.0.errors = errors;
        error
    }

    /// Something that is not there, or belongs to somebody else: both read the same.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// Names the value that it is about, where the code alone does not.
    #[must_use]
    pub fn at(mut self, told: FieldError) -> Self {
        self.0.errors.push(told);
        self
    }

    /// The values that are not acceptable.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The code it carries.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The headers it is told with.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// The sentence a person reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Replaces the status that the code has by itself, where an old client's contract demands another.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Adds a member to the body.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl TryInto<HeaderValue>) -> Self {
        if let Ok(value) = value.try_into() {
            self.0.headers.insert(name, value);
        }
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(header::RETRY_AFTER, seconds.max(1))
    }

    /// Keeps what broke inside, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.cause = Some(Arc::new(cause));
        self
    }

    pub(super) fn inside(&self) -> &Inside {
        &self.0
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| &**cause as _)
    }
}

/// The body is written by the outermost layer, which knows the request's id and path.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.0.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
