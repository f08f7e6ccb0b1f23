//! Text with `{placeholders}`, as provider files hold it: parsed once, filled in many times.
//!
//! It knows nothing of where the text ends up; `render` encodes by position.

use std::fmt;

use serde::Deserialize;

use super::{render::RenderError, values::Values};

/// Text in which `{name}` stands for a value and `{{`, `}}` for the braces themselves.
/// In a URL's path `{+name}` keeps the slashes of its value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template {
    parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Stands as it is.
    Text(String),
    /// A value by name; `slashes` are kept in a path.
    Slot {
        /// Which value.
        name: String,
        /// Written `{+name}`.
        slashes: bool,
    },
}

/// Text that is not a template.
#[derive(Debug, thiserror::Error)]
#[error("`{text}`: {problem}")]
pub struct InvalidTemplate {
    text: String,
    problem: &'static str,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let invalid = |problem| InvalidTemplate { text: text.to_owned(), problem };
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            rest = &rest[at..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                plain.push_str(&rest[..1]);
                rest = &rest[2..];
                continue;
            }
            let Some(inside) = rest.strip_prefix('{') else {
                return Err(invalid("a `}` without its `{` (write `}}` for the brace itself)"));
            };
            let end = inside.find('}').ok_or_else(|| invalid("a `{` without its `}`"))?;
            let (slashes, name) = match inside[..end].strip_prefix('+') {
                Some(name) => (true, name),
                None => (false, &inside[..end]),
            };
            if !is_name(name) {
                return Err(invalid("a placeholder's name is letters, digits and `_`"));
            }
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Slot { name: name.to_owned(), slashes });
            rest = &inside[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Its pieces, in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The names of its placeholders, as often as they stand there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot { name, .. } => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The placeholder, where the whole template is one.
    pub fn sole_slot(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Slot { name, .. }] => Some(name),
            _ => None,
        }
    }

    /// Fills it in without any encoding.
    pub fn fill(&self, values: &Values) -> Result<String, RenderError> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => filled.push_str(text),
                Part::Slot { name, .. } => filled.push_str(&values.text(name)?),
            }
        }
        Ok(filled)
    }
}

impl TryFrom<String> for Template {
    type Error = InvalidTemplate;
    fn try_from(text: String) -> Result<Self, InvalidTemplate> {
        Self::parse(&text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Part::Slot { name, slashes } => write!(f, "{{{}{name}}}", if *slashes { "+" } else { "" })?,
            }
        }
        Ok(())
    }
}

/// Letters, digits and underscores, not starting with a digit.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_doubled_to_stand_for_themselves() {
        let template = Template::parse(r#"{{"path":"{path}"}}"#).unwrap();
        let values = Values::new().plain("path", "/a");
        assert_eq!(template.fill(&values).unwrap(), r#"{"path":"/a"}"#);
        assert_eq!(template.to_string(), r#"{{"path":"{path}"}}"#);
    }

    #[test]
    fn a_lone_brace_or_an_odd_name_is_refused() {
        for text in ["{a", "a}", "{}", "{a b}", "{a.b}", "{1a}", "{{a}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }
}
