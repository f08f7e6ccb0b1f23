//! Pages of a list whose answer is a bare array: the next one is named by `Link` (RFC 8288).

use axum::http::{HeaderName, header};
use form_urlencoded::Serializer;

/// The parameter that says where a page begins.
const CURSOR: &str = "cursor";

/// The `Link` header to the page after `cursor`, if there is one. Whatever else was asked is asked of that page as well: it
/// is a page of the same list.
pub fn next(path: &str, asked: Option<&str>, cursor: Option<&str>) -> Option<[(HeaderName, String); 1]> {
    let asked = form_urlencoded::parse(asked.unwrap_or_default().as_bytes()).filter(|(name, _)| name != CURSOR);
    let query = Serializer::new(String::new()).extend_pairs(asked).append_pair(CURSOR, cursor?).finish();
    Some([(header::LINK, format!("<{path}?{query}>; rel=\"next\""))])
}
