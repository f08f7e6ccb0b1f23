//! `application/problem+json` (RFC 9457) with the members that the five older systems' clients look for.

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Error, FieldError};

/// The body of every error answer. `detail`, `error` and `message` are the same sentence, each for its own old client.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// A URI that names the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few fixed words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The sentence a person reads.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The stable code that a program compares.
    pub code: String,
    /// Always `false`.
    pub success: bool,
    /// The same as `detail`.
    pub error: String,
    /// The same as `detail`.
    pub message: String,
    /// Each value that is not acceptable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Names this request in the logs.
    #[serde(rename = "requestId")]
    pub request_id: String,
    /// Members of this code alone, such as where to reconnect.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub extra: Map<String, Value>,
}

/// Writes the error's answer out.
pub(super) fn render(error: &Error, instance: &str, request_id: &str) -> Response<Body> {
    let inside = error.inside();
    let problem = Problem {
        kind: format!("urn:postern:problem:{}", inside.code.as_str()),
        title: inside.code.title().to_owned(),
        status: inside.status.as_u16(),
        detail: inside.message.clone(),
        instance: instance.to_owned(),
        code: inside.code.as_str().to_owned(),
        success: false,
        error: inside.message.clone(),
        message: inside.message.clone(),
        errors: inside.errors.clone(),
        request_id: request_id.to_owned(),
        extra: inside.extra.clone(),
    };
    let mut response = Response::new(Body::from(serde_json::to_vec(&problem).unwrap_or_default()));
    *response.status_mut() = inside.status;
    *response.headers_mut() = inside.headers.clone();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
