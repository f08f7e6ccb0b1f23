//! The same AWS for functions in processes of their own: over HTTP, as the SDK's `AWS_ENDPOINT_URL` has it.
//!
//! For tests and measurements on loopback. Signatures are not verified here either.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

use super::{Aws, connector};

/// More than any request that AWS would take.
const LIMIT: usize = 16 * 1024 * 1024;

impl Aws {
    /// All services at one address.
    pub fn endpoint(&self) -> Router {
        Router::new().fallback(take).with_state(self.clone())
    }
}

async fn take(State(aws): State<Aws>, request: Request) -> Response {
    let Some(request) = read(request).await else { return StatusCode::BAD_REQUEST.into_response() };
    let answer = connector::answer(&aws.0, request).await;
    // A lost answer is a broken connection on a wire; this comes closest.
    answer.ok().and_then(write).unwrap_or_else(|| StatusCode::BAD_GATEWAY.into_response())
}

async fn read(request: Request) -> Option<HttpRequest> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, LIMIT).await.ok()?;
    // A server sees only the path; the SDK's own requests have a whole address.
    parts.uri = format!("http://aws.local{}", parts.uri).parse().ok()?;
    HttpRequest::try_from(Request::from_parts(parts, SdkBody::from(body))).ok()
}

fn write(answer: HttpResponse) -> Option<Response> {
    let (parts, body) = answer.try_into_http1x().ok()?.into_parts();
    Some(Response::from_parts(parts, Body::new(body)))
}
