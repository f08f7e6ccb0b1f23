//! The session cookie: its name, its attributes, and how it is found in a request.

use axum::http::{HeaderMap, HeaderValue, header};
use url::{Host, Url};

use crate::http::{Code, Error};

/// The cookie as it is called on our address: with the prefix that browsers guard, except on a plain localhost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionCookie {
    guarded: bool,
}

impl SessionCookie {
    pub(crate) fn on(public_url: &Url) -> Self {
        let loopback = match public_url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        Self { guarded: !(loopback && public_url.scheme() == "http") }
    }

    fn name(self) -> &'static str {
        if self.guarded { "__Host-postern_session" } else { "postern_session" }
    }

    /// The header that sets it.
    pub(crate) fn set(self, value: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if self.guarded { "; Secure" } else { "" };
        let text = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", self.name());
        let mut header = HeaderValue::from_str(&text).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The header that removes it.
    pub(crate) fn clear(self) -> Option<HeaderValue> {
        self.set("", 0)
    }

    /// Its value in the request. Two of them cannot both be meant: a sibling site may have set one.
    pub(crate) fn read(self, headers: &HeaderMap) -> Result<Option<&str>, Error> {
        let mut found = None;
        for header in headers.get_all(header::COOKIE) {
            for pair in header.to_str().unwrap_or_default().split(';') {
                let Some((name, value)) = pair.trim().split_once('=') else { continue };
                if name == self.name() && found.replace(value).is_some() {
                    return Err(Error::new(Code::Malformed, "The session cookie was sent twice"));
                }
            }
        }
        Ok(found.filter(|value| !value.is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(url: &str) -> SessionCookie {
        SessionCookie::on(&url.parse().unwrap())
    }

    fn sent(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_static(text))])
    }

    #[test]
    fn it_is_bound_to_host_and_tls_outside_localhost() {
        let set = |url| on(url).set("v", 60).unwrap().to_str().unwrap().to_owned();
        let guarded = "__Host-postern_session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(set("https://postern.example"), guarded);
        assert_eq!(set("http://postern.example"), guarded);
        assert_eq!(set("https://localhost:3000"), guarded);
        assert_eq!(set("http://localhost.evil.example"), guarded);
        let plain = "postern_session=v; Path=/; Max-Age=60; HttpOnly; SameSite=Lax";
        assert_eq!(set("http://localhost:3000"), plain);
        assert_eq!(set("http://127.0.0.1:3000"), plain);
    }

    #[test]
    fn a_plain_cookie_is_not_taken_where_the_guarded_one_belongs() {
        let cookie = on("https://postern.example");
        assert_eq!(cookie.read(&sent("postern_session=evil")).unwrap(), None);
        assert_eq!(cookie.read(&sent("a=b; __Host-postern_session=good")).unwrap(), Some("good"));
    }

    #[test]
    fn two_of_them_are_refused() {
        let twice = sent("postern_session=one; postern_session=two");
        assert!(on("http://localhost:3000").read(&twice).is_err());
    }
}
