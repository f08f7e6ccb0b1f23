//! Reads what a person typed (API keys, fields) as the provider's file wants it. Errors name keys, never values.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use url::Url;

use super::{
    Provider,
    minting::How,
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
    let read = |(name, part): (&String, &KeyField)| {
        let given = pick(typed, std::iter::once(name).chain(&part.aliases));
        let given = match given {
            None if is_bare(part, typed) => Some(Value::Object(typed.clone())),
            given => given.cloned(),
        };
        let given = given.map(|given| if part.object { written(given) } else { given });
        let given = given.map(|given| part.under.iter().fold(given, |given, domain| label(given, domain)));
        match text(name, given.as_ref(), part.pattern.as_ref(), part.verbatim) {
            Ok(None) if part.optional => Ok(None),
            Ok(None) => Err(InvalidField { key: name.clone(), problem: "is missing" }),
            Ok(Some(text)) => Ok(Some((name.clone(), text, part.secret))),
            Err(invalid) => Err(invalid),
        }
    };
    let values = collect(key.fields.iter().map(read))?;
    match provider.minting().map(|minting| minting.how) {
        Some(How::Assertion(hook)) => hook.check(&values).map(|()| values).map_err(|invalid| vec![invalid]),
        _ => Ok(values),
    }
}

/// The members that [`typed`] reads nothing from.
pub fn unread<'t>(provider: &Provider, typed: &'t Map<String, Value>) -> Vec<&'t str> {
    let parts = provider.file().auth.api_key.iter().flat_map(|key| &key.fields);
    if parts.clone().any(|(_, part)| is_bare(part, typed)) {
        return Vec::new();
    }
    let parts = parts.flat_map(|(name, part)| std::iter::once(name).chain(&part.aliases));
    let names: Vec<String> = parts.chain(provider.file().fields.keys()).map(|name| bare(name)).collect();
    typed.keys().filter(|name| !names.contains(&bare(name))).map(String::as_str).collect()
}

/// Whether the whole is this part, sent without a name around it.
fn is_bare(part: &KeyField, typed: &Map<String, Value>) -> bool {
    part.bare_with.iter().any(|member| typed.contains_key(member))
}

/// An object as the text it would have been sent as.
fn written(given: Value) -> Value {
    if given.is_object() { Value::String(given.to_string()) } else { given }
}

/// What somebody copied from the address bar, as the label under the domain. Whether it is one is the pattern's affair.
fn label(given: Value, domain: &str) -> Value {
    let Value::String(text) = given else { return given };
    let text = text.trim().to_ascii_lowercase();
    let host = text.strip_prefix("https://").map_or(text.as_str(), |rest| rest.strip_suffix('/').unwrap_or(rest));
    let label = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'));
    Value::String(label.unwrap_or(host).to_owned())
}

/// Reads an API key's parts, and the fields that the provider's addresses need beside them.
pub fn typed(provider: &Provider, typed: &Map<String, Value>) -> Result<Values, Vec<InvalidField>> {
    match (fields(provider, typed), api_key(provider, typed)) {
        (Ok(fields), Ok(key)) => Ok(fields.and(&key)),
        (fields, key) => Err(fields.err().into_iter().chain(key.err()).flatten().collect()),
    }
}

/// Puts the operator's settings in where a person told nothing.
pub fn with_settings(provider: &Provider, typed: &mut Map<String, Value>, settings: &BTreeMap<&'static str, String>) {
    for (name, field) in &provider.file().fields {
        let set = field.setting.as_deref().and_then(|setting| settings.get(setting));
        if let Some(set) = set.filter(|_| pick(typed, std::iter::once(name)).is_none()) {
            typed.insert(name.clone(), Value::String(set.clone()));
        }
    }
}

/// Reads the fields that are told before connecting, with their defaults.
pub fn fields(provider: &Provider, typed: &Map<String, Value>) -> Result<Values, Vec<InvalidField>> {
    let read = |(name, field): (&String, &Field)| {
        let given = text(name, pick(typed, std::iter::once(name)), field.pattern.as_ref(), false)?;
        let given = given.or_else(|| field.default.clone());
        let Some(told) = given else { return Err(InvalidField { key: name.clone(), problem: "is missing" }) };
        Ok(Some((name.clone(), meant(provider, name, field, told)?, field.secret)))
    };
    collect(provider.file().fields.iter().map(read))
}

/// What a told text puts into templates. What was put in once, and comes back from the store, means itself.
fn meant(provider: &Provider, name: &str, field: &Field, told: String) -> Result<String, InvalidField> {
    let invalid = |problem| InvalidField { key: name.to_owned(), problem };
    if !field.choices.is_empty() {
        let chosen = field.choices.iter().find(|(choice, value)| **choice == told || **value == told);
        return chosen.map(|(_, value)| value.clone()).ok_or_else(|| invalid("is none of the choices"));
    }
    if !field.of_hosts {
        return Ok(told);
    }
    let address = if told.contains("://") { told } else { format!("https://{told}") };
    let ours = |url: &Url| provider.hosts().iter().any(|host| host.matches(url));
    let secure = |url: &Url| url.scheme() == "https" || provider.file().local_only;
    match Url::parse(&address) {
        // What is left of it besides scheme, host and port must be nothing at all.
        Ok(url) if ours(&url) && secure(&url) && url.as_str() == format!("{}/", url.origin().ascii_serialization()) => {
            Ok(url.origin().ascii_serialization())
        }
        _ => Err(invalid("is not an address of this provider")),
    }
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

fn text(
    key: &str,
    given: Option<&Value>,
    pattern: Option<&Pattern>,
    verbatim: bool,
) -> Result<Option<String>, InvalidField> {
    let invalid = |problem| InvalidField { key: key.to_owned(), problem };
    let text = match given {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if verbatim && !text.trim().is_empty() => text.clone(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(plain @ (Value::Number(_) | Value::Bool(_))) => plain.to_string(),
        Some(_) => return Err(invalid("must be a text")),
    };
    match text.as_str() {
        "" => Ok(None),
        _ if text.len() > LONGEST => Err(invalid("is too long")),
        _ if pattern.is_some_and(|pattern| !pattern.matches(&text)) => Err(invalid("does not look right")),
        _ => Ok(Some(text)),
    }
}
