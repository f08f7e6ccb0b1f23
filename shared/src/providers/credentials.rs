//! Reads what a person typed (API keys, fields) as the provider's file wants it. Errors name keys, never values.

use serde_json::{Map, Value};

use super::{
    Provider,
    schema::{Field, KeyField, Pattern},
    values::Values,
};
use crate::secret::Secret;

/// No key or field is longer.
const LONGEST: usize = 64 * 1024;

/// A key that a person must look at again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` {problem}")]
pub struct InvalidField {
    /// As the file calls it.
    pub key: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Reads an API key's parts. Keys are matched by name or alias, whatever their case, `_` or `-`; others are left out.
pub fn api_key(provider: &Provider, typed: &Map<String, Value>) -> Result<Values, Vec<InvalidField>> {
    let Some(key) = &provider.file().auth.api_key else {
        return Err(vec![InvalidField { key: "auth".to_owned(), problem: "takes no API key at this provider" }]);
    };
    let read = |(name, field): (&String, &KeyField)| {
        let names = std::iter::once(name).chain(&field.aliases);
        let given = pick(typed, names);
        match text(name, given, field.pattern.as_ref()) {
            Ok(None) if field.optional => Ok(None),
            Ok(None) => Err(InvalidField { key: name.clone(), problem: "is missing" }),
            Ok(Some(text)) => Ok(Some((name.clone(), text, field.secret))),
            Err(invalid) => Err(invalid),
        }
    };
    collect(key.fields.iter().map(read))
}

/// Reads the fields that are told before connecting, with their defaults.
pub fn fields(provider: &Provider, typed: &Map<String, Value>) -> Result<Values, Vec<InvalidField>> {
    let read = |(name, field): (&String, &Field)| {
        let given = text(name, pick(typed, std::iter::once(name)), field.pattern.as_ref())?;
        match given.or_else(|| field.default.clone()) {
            Some(text) => Ok(Some((name.clone(), text, field.secret))),
            None => Err(InvalidField { key: name.clone(), problem: "is missing" }),
        }
    };
    collect(provider.file().fields.iter().map(read))
}

type Read = Result<Option<(String, String, bool)>, InvalidField>;

fn collect(read: impl Iterator<Item = Read>) -> Result<Values, Vec<InvalidField>> {
    let (mut values, mut invalid) = (Values::new(), Vec::new());
    for entry in read {
        match entry {
            Ok(Some((name, text, true))) => values = values.secret(&name, Secret::new(text)),
            Ok(Some((name, text, false))) => values = values.plain(&name, text),
            Ok(None) => {}
            Err(error) => invalid.push(error),
        }
    }
    if invalid.is_empty() { Ok(values) } else { Err(invalid) }
}

fn pick<'t, 'n>(typed: &'t Map<String, Value>, mut names: impl Iterator<Item = &'n String>) -> Option<&'t Value> {
    names.find_map(|name| typed.iter().find(|(key, _)| bare(key) == bare(name)).map(|(_, value)| value))
}

/// `botToken`, `bot_token` and `BOT-TOKEN` are one key.
pub(super) fn bare(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '_' | '-')).map(|c| c.to_ascii_lowercase()).collect()
}

fn text(key: &str, given: Option<&Value>, pattern: Option<&Pattern>) -> Result<Option<String>, InvalidField> {
    let invalid = |problem| InvalidField { key: key.to_owned(), problem };
    let text = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.trim(),
        Some(_) => return Err(invalid("must be a text")),
    };
    match text {
        "" => Ok(None),
        _ if text.len() > LONGEST => Err(invalid("is too long")),
        _ if pattern.is_some_and(|pattern| !pattern.matches(text)) => Err(invalid("does not look right")),
        _ => Ok(Some(text.to_owned())),
    }
}
