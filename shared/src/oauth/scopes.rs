//! Compares what was granted with what was asked for: people may untick a box, and providers normalise.

use crate::providers::Provider;

/// The scopes that were asked for and not granted. An answer that names none grants what was asked (RFC 6749, 5.1).
pub fn missing(provider: &Provider, requested: &[String], granted: Option<&[String]>) -> Vec<String> {
    let (Some(oauth2), Some(granted)) = (provider.oauth2(), granted) else { return Vec::new() };
    let implied = granted.iter().filter_map(|scope| oauth2.implies.get(scope)).flatten();
    let held: Vec<&String> = granted.iter().chain(implied).collect();
    requested.iter().filter(|scope| !held.contains(scope)).cloned().collect()
}

/// Splits a token answer's scopes.
pub fn split(text: &str, separator: Option<&str>) -> Vec<String> {
    let parts: Vec<&str> = match separator {
        Some(separator) => text.split(separator).collect(),
        None => text.split([' ', ',']).collect(),
    };
    parts.into_iter().map(str::trim).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}
