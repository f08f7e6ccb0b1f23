//! E-mail addresses as accounts are known by: trimmed, lower case, and such that a mail can be sent to them.

use url::Host;

use crate::mail::is_address;

/// The address as it is stored and looked up, or nothing where it cannot be one.
pub fn normalise(text: &str) -> Option<String> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let domain = if domain.is_ascii() { domain.to_ascii_lowercase() } else { as_ascii(domain)? };
    let address = format!("{}@{domain}", local.to_ascii_lowercase());
    is_address(&address).then_some(address)
}

/// A domain in another script as mail servers know it: `xn--`.
fn as_ascii(domain: &str) -> Option<String> {
    match Host::parse(domain) {
        Ok(Host::Domain(domain)) => Some(domain),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        assert_eq!(normalise("  Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
        assert_eq!(normalise("ada@BÜCHER.example").as_deref(), Some("ada@xn--bcher-kva.example"));
    }

    #[test]
    fn what_cannot_be_an_address_is_none() {
        let long = format!("{}@example.org", "x".repeat(65));
        let none =
            ["", "ada", "@example.org", "ada@", "a da@example.org", "ada@exa\r\nmple.org", "<ada@x.org>", "é@x.org"];
        for bad in none.into_iter().chain([long.as_str()]) {
            assert_eq!(normalise(bad), None, "{bad:?}");
        }
    }
}
