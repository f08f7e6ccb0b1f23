//! The URL gate: what a person typed, before any name is resolved. It neither resolves nor dials.
//!
//! Two readers of one URL that disagree about its host are the oldest way around such a check. So a URL passes only if
//! its host is written the one usual way, character for character as the parser reads it; everything clever is refused
//! instead of interpreted. People with an internationalised name write it as `xn--`.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::not_public;
use super::error::{Blocked, Error};

/// Ports that public addresses may be called on: the web's, and the usual ones of self-hosted boards and workflow
/// servers (3000, 5678, 8000). Mail, shells, databases and caches are elsewhere.
pub const PORTS: [u16; 7] = [80, 443, 3000, 5678, 8000, 8080, 8443];

/// Longer than any address that a person pastes.
const MAX_LENGTH: usize = 2048;

/// Checks a public address that a user typed: `http` or `https`, a usual port, a host in its usual form that is no
/// private literal. What its name resolves to is checked when it is called.
pub fn gate(text: &str) -> Result<Url, Error> {
    if text.len() > MAX_LENGTH {
        return Err(Blocked::NotPlain.into());
    }
    let url = plain(text)?;
    public(&url)?;
    Ok(url)
}

/// Parses a URL that means the same to every reader.
pub(super) fn plain(text: &str) -> Result<Url, Blocked> {
    // Parsers drop some of these, and read a backslash as a slash. A fragment is never sent.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '\\' | '#')) {
        return Err(Blocked::NotPlain);
    }
    let (scheme, rest) = text.split_once("://").ok_or(Blocked::NotPlain)?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(Blocked::Scheme);
    }
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(authority_end);
    if authority.contains('@') {
        return Err(Blocked::Userinfo);
    }
    if rest.split('?').next().is_some_and(has_dot_segment) {
        return Err(Blocked::Path);
    }
    let url = Url::parse(text).map_err(|_| Blocked::Host)?;
    if !written_as_read(authority, &url) {
        return Err(Blocked::Host);
    }
    Ok(url)
}

/// The authority as typed is the one that the URL parser read, and the HTTP client's own parser reads the same.
fn written_as_read(authority: &str, url: &Url) -> bool {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return false };
    let authority = authority.to_ascii_lowercase();
    let same = authority == host || authority == format!("{host}:{port}");
    let dialled = url.as_str().parse::<http::Uri>();
    same && usual_form(url) && dialled.is_ok_and(|uri| uri.host() == Some(host) && uri.port_u16() == url.port())
}

/// Names are letters, digits, hyphens and underscores in labels that are not empty; so none ends in a dot.
fn usual_form(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.len() <= 253 && name.split('.').all(is_label),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// One label of a lower-case name.
pub(super) fn is_label(text: &str) -> bool {
    matches!(text.len(), 1..=63)
        && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The URL parser would fold these away, and the path sent would not be the one checked.
fn has_dot_segment(path: &str) -> bool {
    path.split('/').any(|segment| matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | ".."))
}

/// The rules for public addresses: port, literal, and a name with a dot, since a lone label means whatever the
/// machine's search domains make of it.
pub(super) fn public(url: &Url) -> Result<(), Blocked> {
    match url.port_or_known_default() {
        Some(port) if PORTS.contains(&port) => {}
        other => return Err(Blocked::Port(other.unwrap_or_default())),
    }
    match literal(url) {
        Some(address) => not_public(address).map_or(Ok(()), |range| Err(Blocked::Address(range))),
        None if url.host_str().is_some_and(|host| host.contains('.')) => Ok(()),
        None => Err(Blocked::Host),
    }
}

/// The address, where the host is one.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host() {
        Some(Host::Ipv4(v4)) => Some(v4.into()),
        Some(Host::Ipv6(v6)) => Some(v6.into()),
        Some(Host::Domain(_)) | None => None,
    }
}
