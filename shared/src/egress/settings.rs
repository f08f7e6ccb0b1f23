//! What the operator opens, and how much a call may take. It opens nothing but loopback.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use super::gate::plain;
use super::host::read_port;

/// How long an exchange may take, from the look-up of the name to the last byte, and how large its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// For the whole exchange, however slowly it drips. Connecting alone may take 10 s: a bound above that keeps
    /// [`reached`](super::Error::reached) from calling a connection that never came about uncertain.
    pub timeout: Duration,
    /// Of the answer's body.
    pub max_bytes: usize,
}

impl Bounds {
    /// Token, revocation and introspection endpoints: 20 s, 64 KiB.
    pub const TOKEN: Self = Self { timeout: Duration::from_secs(20), max_bytes: 64 * 1024 };
    /// Calls of a provider's API: 20 s, 5 MiB.
    pub const API: Self = Self { timeout: Duration::from_secs(20), max_bytes: 5 * 1024 * 1024 };
}

/// What the operator opens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Host and port pairs on loopback that may be called, by plain HTTP. For the local server; empty on AWS.
    /// A literal off loopback opens nothing, and a name opens only what all its addresses are: loopback.
    pub allow: Vec<(String, u16)>,
}

/// An entry of `EGRESS_ALLOW` that is no `host:port` on loopback.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("EGRESS_ALLOW: `{0}` is not a host:port on loopback")]
pub struct NotLoopback(String);

impl FromStr for Settings {
    type Err = NotLoopback;

    /// Reads `EGRESS_ALLOW`: `host:port` pairs, separated by commas.
    fn from_str(list: &str) -> Result<Self, Self::Err> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let allow = entries.map(|entry| read_allowed(entry).ok_or_else(|| NotLoopback(entry.to_owned())));
        Ok(Self { allow: allow.collect::<Result<_, _>>()? })
    }
}

fn read_allowed(entry: &str) -> Option<(String, u16)> {
    let (host, port) = entry.rsplit_once(':')?;
    let port = read_port(port)?;
    let url = plain(&format!("http://{host}:{port}/")).ok()?;
    let host = url.host_str()?;
    may_be_loopback(host).then(|| (host.to_owned(), port))
}

impl Settings {
    /// Whether this host (a literal with or without brackets) may be called on loopback.
    pub(super) fn open(&self, host: &str, port: u16) -> bool {
        let same = |(open, on): &(String, u16)| *on == port && bare(open) == bare(host);
        may_be_loopback(host) && self.allow.iter().any(same)
    }
}

/// A loopback literal, or a name that has yet to be resolved.
fn may_be_loopback(host: &str) -> bool {
    bare(host).parse::<IpAddr>().map_or(true, |address| address.is_loopback())
}

/// Whether a URL's host is this machine by its usual names. What they resolve to is checked when it is called.
pub fn names_loopback(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_opens_what_it_names() {
        let settings: Settings = "127.0.0.1:14000, localhost:3000,,[::1]:8080 ".parse().unwrap();
        for (host, port) in [("127.0.0.1", 14000), ("localhost", 3000), ("[::1]", 8080), ("::1", 8080)] {
            assert!(settings.open(host, port), "{host}:{port}");
        }
        assert!(!settings.open("127.0.0.1", 3000));
        assert_eq!("".parse(), Ok(Settings::default()));
    }

    #[test]
    fn nothing_off_loopback_is_opened() {
        for entry in [
            "10.0.0.1:80",
            "169.254.169.254:80",
            "127.1:80",
            "127.0.0.1",
            "127.0.0.1:0",
            "http://localhost:80",
            "[::]:80",
        ] {
            assert_eq!(entry.parse::<Settings>(), Err(NotLoopback(entry.to_owned())));
        }
        let by_hand = Settings { allow: vec![("169.254.169.254".to_owned(), 80)] };
        assert!(!by_hand.open("169.254.169.254", 80));
    }
}
