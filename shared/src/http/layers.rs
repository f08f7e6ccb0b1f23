//! What stands around the routes: request id, log line, panics, CORS, errors as problem+json or as a page, security headers, trailing slashes.
//!
//! Applied once, after all groups are merged.

use std::{any::Any, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderValue, Method, StatusCode, Uri, header, uri::PathAndQuery},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa_axum::router::OpenApiRouter;

use super::{
    Code, Error,
    idempotency::{self, rules::Rules},
    json::BODY_LIMIT,
    mishap, problem,
};
use crate::{app::App, id::RequestId, limits::Slot, observe};

/// A group's routes with its own state, and what stands around these and no others: a key that marks a call is kept with
/// the rights of the function that answers it.
pub fn group(routes: OpenApiRouter<App>, app: &App) -> Router {
    let (routes, document) = routes.split_for_parts();
    let guard = idempotency::Guard { app: app.clone(), rules: Arc::new(Rules::read(&document)) };
    routes.route_layer(middleware::from_fn_with_state(guard, idempotency::layer)).with_state(app.clone())
}

/// Wraps merged routes into what a server or Lambda serves.
pub fn apply(routes: Router, app: &App) -> Router {
    let inner = routes
        .fallback(async || Error::new(Code::NoSuchPath, "There is nothing at this path"))
        .method_not_allowed_fallback(async || Error::new(Code::MethodNotAllowed, "This path does not take this method"))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), cors))
        .layer(middleware::from_fn_with_state(app.clone(), edge));
    // The path must lose its slash before anything is matched, so the routes stand behind a rewriting service.
    Router::new().fallback_service(tower::util::MapRequest::new(inner, without_trailing_slash))
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    Error::new(Code::Internal, "Something went wrong on our side").into_response()
}

/// `/api/` and `/api` are the same path (FastAPI's clients write the slash).
fn without_trailing_slash(mut request: Request) -> Request {
    let uri = request.uri();
    let path = uri.path();
    if path.len() > 1 && path.ends_with('/') {
        let trimmed = path.trim_end_matches('/');
        let trimmed = if trimmed.is_empty() { "/" } else { trimmed };
        let wanted = uri.query().map_or_else(|| trimmed.to_owned(), |query| format!("{trimmed}?{query}"));
        if let Ok(path_and_query) = wanted.parse::<PathAndQuery>() {
            let mut parts = uri.clone().into_parts();
            parts.path_and_query = Some(path_and_query);
            if let Ok(uri) = Uri::from_parts(parts) {
                *request.uri_mut() = uri;
            }
        }
    }
    request
}

/// The edge: gives the request its id, writes the one log line, turns an [`Error`] into its body:
/// a page for people, a problem for programs.
async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let id: RequestId = app.ids.make();
    request.extensions_mut().insert(id.clone());
    let rate = Slot::default();
    request.extensions_mut().insert(rate.clone());
    let asked = mishap::Asked::by(&request);
    let seen = observe::Request::start(&app, &request, &id);
    let span = seen.span();
    let mut response = next.run(request).instrument(span.clone()).await;
    if let Some(error) = response.extensions_mut().remove::<Error>().or_else(|| unread(&response)) {
        span.in_scope(|| observe::error(&error));
        let page = mishap::page(&app, &error, &asked, id.as_str()).await;
        let mut rendered = page.unwrap_or_else(|| problem::render(&error, &asked.path, id.as_str()));
        for (name, value) in response.headers() {
            if !rendered.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                rendered.headers_mut().append(name, value.clone());
            }
        }
        *rendered.extensions_mut() = std::mem::take(response.extensions_mut());
        response = rendered;
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        // Whoever stands around this may want to know, whichever way it is told.
        response.extensions_mut().insert(error.code());
    }
    harden(&mut response, &id);
    rate.write(response.headers_mut());
    span.in_scope(|| seen.finish(&app, response.status()));
    response
}

/// A path or query that axum itself could not read: its plain text becomes an error like all others.
fn unread(response: &Response) -> Option<Error> {
    let kind = response.headers().get(header::CONTENT_TYPE)?.as_bytes();
    let refused = response.status() == StatusCode::BAD_REQUEST && kind.starts_with(b"text/plain");
    refused.then(|| Error::new(Code::Malformed, "A parameter is missing, sent twice or of the wrong form"))
}

/// Headers every answer carries. Pages set their own content security policy; nothing else is ever a document.
fn harden(response: &mut Response, id: &RequestId) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert("x-request-id", value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("no-referrer"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
}

/// CORS for the front end's origins: named ones with credentials, never `*` with credentials.
async fn cors(State(app): State<App>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).cloned();
    let preflight =
        request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let allowed = origin.as_ref().and_then(|origin| app.config.site.cors(origin));
    let mut response = if preflight {
        Response::builder().status(StatusCode::NO_CONTENT).body(Body::empty()).unwrap_or_default()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some((allow_origin, credentials)) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allow_origin);
        if credentials {
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset, x-request-id, link, idempotent-replayed",
            ),
        );
        if preflight {
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_METHODS,
                HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE"),
            );
            headers.insert(
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                HeaderValue::from_static("authorization, content-type, idempotency-key, x-on-behalf-of"),
            );
            headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        }
    }
    response
}
