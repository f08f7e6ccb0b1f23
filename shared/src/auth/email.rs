//! E-mail addresses as accounts are known by: trimmed, lower case, of a plausible form.

/// The address as it is stored and looked up, or nothing where it cannot be one.
pub fn normalise(text: &str) -> Option<String> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let plausible = text.len() <= 254
        && (1..=64).contains(&local.len())
        && !domain.is_empty()
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\' | ','));
    plausible.then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_spelling() {
        assert_eq!(normalise("  Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
    }

    #[test]
    fn what_cannot_be_an_address_is_none() {
        let long = format!("{}@example.org", "x".repeat(65));
        for bad in ["", "ada", "@example.org", "ada@", "a da@example.org", "ada@exa\r\nmple.org", "<ada@x.org>", &long]
        {
            assert_eq!(normalise(bad), None, "{bad:?}");
        }
    }
}
