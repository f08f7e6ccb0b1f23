//! Pages of a list whose answer is a bare array: the next one is named by `Link` (RFC 8288).

use axum::http::{HeaderName, header};

/// The `Link` header to the page after `cursor`, if there is one.
pub fn next(path: &str, cursor: Option<&str>) -> Option<[(HeaderName, String); 1]> {
    let cursor: String = form_urlencoded::byte_serialize(cursor?.as_bytes()).collect();
    Some([(header::LINK, format!("<{path}?cursor={cursor}>; rel=\"next\""))])
}
