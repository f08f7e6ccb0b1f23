//! For whom a service key is to act, as a request says it. Whether the key may is for [`super::Caller`] to say.

use axum::http::request::Parts;

use crate::http::Error;

/// The header by which a back end says for whom it acts.
const ON_BEHALF_OF: &str = "x-on-behalf-of";
/// The parameter by which D1's clients say it.
const USERNAME: &str = "username";

/// For whom a key is to act.
#[derive(Clone, Copy)]
pub(super) enum Behalf<'a> {
    /// By header.
    Header(&'a str),
    /// By `username=`, as D1's clients have it.
    Query(&'a str),
}

impl<'a> Behalf<'a> {
    pub(super) fn named(self) -> &'a str {
        match self {
            Self::Header(named) | Self::Query(named) => named,
        }
    }

    /// Header and query may both name somebody, and must agree.
    pub(super) fn of(header: Option<&'a str>, query: Option<&'a str>) -> Result<Option<Self>, Error> {
        match (header, query) {
            (Some(header), Some(query)) if header != query => {
                Err(Error::field(USERNAME, "The query and the header name different users"))
            }
            (Some(header), _) => Ok(Some(Self::Header(header))),
            (None, query) => Ok(query.map(Self::Query)),
        }
    }
}

/// The user whom the query names.
pub(super) fn in_query(parts: &Parts) -> Option<String> {
    let mut query = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    query.find(|(name, value)| name == USERNAME && !value.is_empty()).map(|(_, value)| value.into_owned())
}

/// The user whom the header names.
pub(super) fn in_header(parts: &Parts) -> Result<Option<&str>, Error> {
    let mut values = parts.headers.get_all(ON_BEHALF_OF).iter();
    let Some(first) = values.next() else { return Ok(None) };
    let text = first.to_str().ok().map(str::trim).filter(|text| !text.is_empty());
    match (text, values.next()) {
        (Some(text), None) => Ok(Some(text)),
        _ => Err(Error::field(ON_BEHALF_OF, "This header must name one user, once")),
    }
}
