//! What a request shows to say who it is: read off the headers, not yet believed.
//!
//! Four ways in: access token, service key as bearer, service key as Basic password, session cookie. A header that cannot
//! be understood is a refusal, never a reason to try the next way.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::service_key;
use crate::{
    http::{Code, Error},
    secret::Secret,
};

/// One way in.
pub(crate) enum Credential {
    /// A person's access token.
    Access(Secret<String>),
    /// A back end's service key.
    Key(Secret<String>),
    /// A session cookie's value.
    Cookie(Secret<String>),
}

/// The refusal of whoever did not say who they are. Never asks for Basic: a browser would keep the key and send it along
/// with every request from anywhere.
pub(crate) fn unauthenticated(message: &str) -> Error {
    Error::new(Code::Unauthenticated, message)
        .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"postern\""))
}

/// The one sentence about credentials that are not good, whatever is wrong with them.
pub(crate) fn invalid() -> Error {
    unauthenticated("Could not validate credentials")
}

impl Credential {
    /// The one in the `Authorization` header, if there is such a header.
    pub(crate) fn in_header(headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(Error::new(Code::Malformed, "The Authorization header was sent twice"));
        }
        let (scheme, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(invalid)?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            bearer(rest).map(Some)
        } else if scheme.eq_ignore_ascii_case("basic") {
            basic(rest, headers).map(Some)
        } else {
            Err(invalid())
        }
    }
}

/// An HTTP API joins two headers by a comma, which no token of ours holds.
fn bearer(token: &str) -> Result<Credential, Error> {
    if token.is_empty() || token.contains([' ', ',']) {
        Err(invalid())
    } else if token.starts_with(service_key::PREFIX) {
        Ok(Credential::Key(token.into()))
    } else {
        Ok(Credential::Access(token.into()))
    }
}

/// Basic is for back ends that know nothing else. What a browser sends by itself on a page's behalf shows one of these
/// headers, and is not taken.
fn basic(encoded: &str, headers: &HeaderMap) -> Result<Credential, Error> {
    let by_browser = headers.contains_key(header::COOKIE)
        || headers.contains_key(header::ORIGIN)
        || headers.keys().any(|name| name.as_str().starts_with("sec-fetch-"));
    if by_browser {
        return Err(invalid());
    }
    let decoded = STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Secret::new);
    let password = decoded.as_ref().and_then(|decoded| decoded.expose().split_once(':')).map(|(_, password)| password);
    match password {
        Some(key) if key.starts_with(service_key::PREFIX) => Ok(Credential::Key(key.into())),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn read(headers: &[(&str, &str)]) -> Result<Option<Credential>, Error> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        Credential::in_header(&map)
    }

    fn refused(headers: &[(&str, &str)]) -> Code {
        match read(headers) {
            Err(error) => error.code(),
            Ok(_) => panic!("{headers:?} was taken"),
        }
    }

    #[test]
    fn a_service_key_may_come_as_a_basic_password() {
        // al-chat:sk_x
        let basic = ("authorization", "Basic YWwtY2hhdDpza194");
        assert!(matches!(read(&[basic]), Ok(Some(Credential::Key(key))) if key.expose() == "sk_x"));
    }

    #[test]
    fn basic_is_not_taken_from_anything_like_a_browser() {
        let basic = ("authorization", "Basic YWwtY2hhdDpza194");
        for sign in ["cookie", "origin", "sec-fetch-site", "sec-fetch-mode"] {
            assert_eq!(refused(&[basic, (sign, "x")]), Code::Unauthenticated, "{sign}");
        }
    }

    #[test]
    fn basic_takes_keys_only() {
        // user:password, no colon, not base64
        for value in ["Basic dXNlcjpwYXNzd29yZA==", "Basic c2tfeA==", "Basic ???", "Basic "] {
            assert_eq!(refused(&[("authorization", value)]), Code::Unauthenticated, "{value}");
        }
    }

    #[test]
    fn two_authorization_headers_are_refused_also_joined() {
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer a")];
        assert_eq!(refused(&twice), Code::Malformed);
        assert_eq!(refused(&[("authorization", "Bearer a, Bearer b")]), Code::Unauthenticated);
        assert_eq!(refused(&[("authorization", "Bearer a,b")]), Code::Unauthenticated);
    }

    #[test]
    fn what_cannot_be_understood_is_refused() {
        for value in ["Bearer", "Bearer ", "Digest x", "sk_x", "\u{7f}"] {
            let refusal = read(&[("authorization", value.trim_end_matches('\u{7f}'))]);
            assert!(refusal.is_err(), "{value}");
        }
    }

    #[test]
    fn nobody_is_ever_asked_for_basic() {
        let error = invalid();
        let response = axum::response::IntoResponse::into_response(error);
        let rendered = format!("{:?}", response.extensions().get::<Error>());
        assert!(rendered.contains("Bearer") && !rendered.contains("Basic"));
    }

    proptest! {
        #[test]
        fn whatever_bytes_come_are_read_or_refused(scheme in "([Bb]earer|[Bb]asic|\\PC{0,9})", rest: Vec<u8>, apart: bool) {
            let encoded = STANDARD.encode(&rest);
            let plain = [scheme.as_bytes(), b" ", &rest].concat();
            let bytes = if apart { plain } else { format!("{scheme} {encoded}").into_bytes() };
            let Ok(value) = HeaderValue::from_bytes(&bytes) else { return Ok(()) };
            let read = Credential::in_header(&HeaderMap::from_iter([(header::AUTHORIZATION, value)]));
            // Nobody is let through unnamed, and a cookie does not come by this way.
            prop_assert!(matches!(read, Err(_) | Ok(Some(Credential::Access(_) | Credential::Key(_)))));
        }
    }
}
