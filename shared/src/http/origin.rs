//! Which page sent this request: what cookies may be trusted on.

use axum::http::{HeaderMap, Method, header};
use url::Url;

use super::{Code, Error};

/// The origins whose pages may use a cookie: our own and the front end's.
#[derive(Clone, Debug, Default)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Keeps the origin of each URL.
    pub fn new<'a>(urls: impl IntoIterator<Item = &'a Url>) -> Self {
        Self(urls.into_iter().map(|url| url.origin().ascii_serialization()).collect())
    }

    /// Whether this URL lies on one of them. User information is refused: it serves only to deceive.
    pub fn holds(&self, url: &Url) -> bool {
        url.username().is_empty()
            && url.password().is_none()
            && matches!(url.scheme(), "http" | "https")
            && self.0.contains(&url.origin().ascii_serialization())
    }

    /// Whether the request's `Origin` header is one of them.
    pub fn sent_by(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::ORIGIN)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|origin| self.0.iter().any(|own| own == origin))
    }

    /// Refuses an unsafe request that rides on a cookie unless a page of ours sent it. `same-site` is not enough: a
    /// sibling subdomain is somebody else.
    pub fn guard(&self, method: &Method, headers: &HeaderMap) -> Result<(), Error> {
        if method.is_safe() || self.sent_by(headers) {
            return Ok(());
        }
        let site = headers.get("sec-fetch-site").and_then(|value| value.to_str().ok());
        if headers.get(header::ORIGIN).is_none() && site == Some("same-origin") {
            return Ok(());
        }
        Err(Error::new(Code::ForeignOrigin, "This request must come from a page of this site"))
    }
}
