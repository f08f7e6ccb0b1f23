//! What fills the placeholders of a provider file: fields, credentials, inputs.
//!
//! Secrets stay marked as such, so that a rendered request can say which texts must not come back in a message.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::render::RenderError;
use crate::secret::Secret;

/// Named values. Has no `Debug`, since it holds secrets.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<String, Held>);

#[derive(Clone)]
enum Held {
    Plain(Value),
    Secret(Secret<String>),
}

impl Values {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a value that anybody may see.
    #[must_use]
    pub fn plain(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), Held::Plain(value.into()));
        self
    }

    /// With a value that must not leak.
    #[must_use]
    pub fn secret(mut self, name: &str, value: Secret<String>) -> Self {
        self.0.insert(name.to_owned(), Held::Secret(value));
        self
    }

    /// With the token that an OAuth grant lends out.
    #[must_use]
    pub fn access_token(self, token: Secret<String>) -> Self {
        self.secret("access_token", token)
    }

    /// With facts that were kept with a grant.
    #[must_use]
    pub fn facts(self, kept: &BTreeMap<String, String>) -> Self {
        kept.iter().fold(self, |values, (name, fact)| values.plain(name, fact.as_str()))
    }

    /// With all of `more`, which win where a name is in both.
    #[must_use]
    pub fn and(mut self, more: &Self) -> Self {
        self.0.extend(more.0.clone());
        self
    }

    /// Those that anybody may see, as text.
    pub fn told(&self) -> BTreeMap<String, String> {
        let plain = self.0.iter().filter(|(_, held)| matches!(held, Held::Plain(_)));
        plain.filter_map(|(name, _)| Some((name.clone(), self.text(name).ok()?.into_owned()))).collect()
    }

    /// Without these.
    #[must_use]
    pub fn without<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Self {
        for name in names {
            self.0.remove(name);
        }
        self
    }

    /// Is there a value of that name?
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Its names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The secret of that name, where there is one.
    pub fn get_secret(&self, name: &str) -> Option<&Secret<String>> {
        match self.0.get(name)? {
            Held::Secret(secret) => Some(secret),
            Held::Plain(_) => None,
        }
    }

    /// The plain value of that name, where there is one.
    pub fn get_plain(&self, name: &str) -> Option<&Value> {
        match self.0.get(name)? {
            Held::Plain(value) => Some(value),
            Held::Secret(_) => None,
        }
    }

    /// All secrets among them.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Secret<String>> {
        self.0.values().filter_map(|held| match held {
            Held::Secret(secret) => Some(secret),
            Held::Plain(_) => None,
        })
    }

    /// The value as text; numbers and truth values as JSON writes them.
    pub(crate) fn text(&self, name: &str) -> Result<Cow<'_, str>, RenderError> {
        match self.0.get(name) {
            None | Some(Held::Plain(Value::Null)) => Err(RenderError::Missing(name.to_owned())),
            Some(Held::Secret(secret)) => Ok(Cow::Borrowed(secret.expose())),
            Some(Held::Plain(Value::String(text))) => Ok(Cow::Borrowed(text)),
            Some(Held::Plain(value @ (Value::Number(_) | Value::Bool(_)))) => Ok(Cow::Owned(value.to_string())),
            Some(Held::Plain(Value::Array(_) | Value::Object(_))) => Err(RenderError::NotText(name.to_owned())),
        }
    }

    /// The value as JSON, with its own type.
    pub(super) fn json(&self, name: &str) -> Result<Value, RenderError> {
        match self.0.get(name) {
            None => Err(RenderError::Missing(name.to_owned())),
            Some(Held::Secret(secret)) => Ok(Value::String(secret.expose().clone())),
            Some(Held::Plain(value)) => Ok(value.clone()),
        }
    }
}
