//! Hosts that a provider owns, as its file or the operator names them.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use url::{Host, Url};

use super::gate::is_label;

/// `api.github.com`; `*.my.salesforce.com` or `sts.*.amazonaws.com`, where the star stands for one DNS label and no more;
/// or `127.0.0.1:14000`.
///
/// Without a port it means 443. An address literal is only of use where `EGRESS_ALLOW` opens it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct HostPattern {
    /// What stands before the star, with its dot.
    before: String,
    /// The host, or what follows the star with its dot.
    host: String,
    star: bool,
    port: u16,
}

/// The text is no host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host, a host:port, or *.a.host")]
pub struct NotAHostPattern(String);

impl HostPattern {
    /// Whether the URL's host and port are these. The scheme is not looked at.
    pub fn matches(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
        port == self.port && if self.star { self.matches_under_star(host) } else { host == self.host }
    }

    fn matches_under_star(&self, host: &str) -> bool {
        let rest = host.strip_suffix(self.host.as_str()).and_then(|rest| rest.strip_prefix(self.before.as_str()));
        rest.is_some_and(is_label)
    }
}

impl FromStr for HostPattern {
    type Err = NotAHostPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text).ok_or_else(|| NotAHostPattern(text.to_owned()))
    }
}

fn read(text: &str) -> Option<HostPattern> {
    let (host, port) = split_port(text)?;
    if let Some((before, suffix)) = host.split_once('*') {
        let name = suffix.strip_prefix('.')?;
        if !before.is_empty() && !before.strip_suffix('.').is_some_and(is_name) {
            return None;
        }
        // `*.com` would hand a credential to anybody who buys a name.
        let owned = is_name(name) && name.contains('.');
        return owned.then(|| HostPattern { before: before.to_owned(), host: suffix.to_owned(), star: true, port });
    }
    // An odd spelling could never match, so it is told at once.
    let usual = match Host::parse(host).ok()? {
        Host::Domain(name) => is_name(&name) && name == host,
        address @ (Host::Ipv4(_) | Host::Ipv6(_)) => address.to_string() == host,
    };
    usual.then(|| HostPattern { before: String::new(), host: host.to_owned(), star: false, port })
}

fn is_name(text: &str) -> bool {
    text.split('.').all(is_label)
}

/// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`; 443 where none is given.
fn split_port(text: &str) -> Option<(&str, u16)> {
    match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => Some((host, read_port(port)?)),
        _ => Some((text, 443)),
    }
}

/// A port in its usual form, not 0.
pub(super) fn read_port(text: &str) -> Option<u16> {
    let port: u16 = text.parse().ok()?;
    (port != 0 && port.to_string() == text).then_some(port)
}

impl TryFrom<String> for HostPattern {
    type Error = NotAHostPattern;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.star { "*" } else { "" };
        write!(f, "{}{star}{}", self.before, self.host)?;
        if self.port == 443 { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        pattern.parse::<HostPattern>().unwrap().matches(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_plain_host_matches_itself_on_443_alone() {
        assert!(matches("api.github.com", "https://api.github.com/user"));
        assert!(matches("api.github.com", "https://API.github.com:443/"));
        assert!(!matches("api.github.com", "https://api.github.com:8443/"));
        assert!(!matches("api.github.com", "http://api.github.com/"));
        assert!(!matches("api.github.com", "https://api.github.com./"));
        assert!(!matches("api.github.com", "https://evil.api.github.com/"));
        assert!(!matches("api.github.com", "https://api.github.com.evil.example/"));
        assert!(!matches("api.github.com", "https://evilapi.github.com/"));
    }

    #[test]
    fn a_star_stands_for_exactly_one_label() {
        assert!(matches("*.my.salesforce.com", "https://acme.my.salesforce.com/"));
        assert!(matches("*.my.salesforce.com", "https://acme--dev.my.salesforce.com/"));
        assert!(!matches("*.my.salesforce.com", "https://my.salesforce.com/"));
        assert!(!matches("*.my.salesforce.com", "https://a.b.my.salesforce.com/"));
        assert!(!matches("*.my.salesforce.com", "https://evil.example/.my.salesforce.com/"));
        assert!(!matches("*.my.salesforce.com", "https://evilmy.salesforce.com/"));
        assert!(matches("sts.*.amazonaws.com", "https://sts.eu-central-1.amazonaws.com/"));
        assert!(!matches("sts.*.amazonaws.com", "https://sts.amazonaws.com/"));
        assert!(!matches("sts.*.amazonaws.com", "https://bucket.s3.amazonaws.com/"));
        assert!(!matches("sts.*.amazonaws.com", "https://sts.a.b.amazonaws.com/"));
        assert!(!matches("sts.*.amazonaws.com", "https://evil.sts.us-east-1.amazonaws.com/"));
    }

    #[test]
    fn a_port_is_part_of_the_host() {
        assert!(matches("127.0.0.1:14000", "http://127.0.0.1:14000/token"));
        assert!(!matches("127.0.0.1:14000", "http://127.0.0.1:14001/token"));
        assert!(matches("[::1]:14000", "http://[::1]:14000/token"));
    }

    #[test]
    fn what_is_written_comes_back_and_nonsense_is_refused() {
        for text in
            ["api.github.com", "*.my.salesforce.com", "sts.*.amazonaws.com", "127.0.0.1:14000", "[::1]:14000", "[::1]"]
        {
            assert_eq!(text.parse::<HostPattern>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "*",
            "*.",
            "*.com",
            "a*.example.com",
            "*.*.example.com",
            "API.github.com",
            "https://a.com",
            "a.com/",
            "a.com.",
            "a@b.com",
            "a.com:",
            "a.com:0",
            "a.com:x",
            "a.com:0443",
            "127.1",
            "::1",
            "[::1",
            "*.127.0.0.1:x",
            "a b.com",
            "",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
