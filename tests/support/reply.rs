//! What a provider answers because a test says so.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

/// An answer that a test lays down for the token endpoint.
#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    content_type: &'static str,
    retry_after: Option<u64>,
    body: String,
}

impl Reply {
    /// JSON.
    pub fn json(status: u16, body: impl Into<Value>) -> Self {
        Self::text(status, body.into().to_string())
    }

    /// An OAuth error, told with 400.
    pub fn error(code: &str) -> Self {
        Self::json(400, json!({ "error": code }))
    }

    /// A page where JSON belongs.
    pub fn html(status: u16) -> Self {
        Self { content_type: "text/html", ..Self::text(status, "<h1>We will be back soon</h1>") }
    }

    /// Any text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self { status, content_type: "application/json", retry_after: None, body: body.into() }
    }

    /// The same, asking for so many seconds of patience.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("a status");
        let mut response = (status, [(header::CONTENT_TYPE, self.content_type)], self.body).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
