//! Where a credential is kept: which slot a type has, and what may be put into it.

use std::sync::Arc;

use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Caller,
    http::{Code, Error, FieldError, Result},
    oauth::label,
    providers::{Provider, credentials::api_key},
    secret::Secret,
    store::integrations::CUSTOM,
};

/// No credential is larger, as JSON.
const LARGEST: usize = 32 * 1024;
/// No name is longer.
const LONGEST_NAME: usize = 100;

/// A type of credential.
pub(crate) struct Type {
    /// As it is shown: a provider's id, or a name of the organisation's own.
    pub(crate) name: String,
    provider: Option<Arc<Provider>>,
}

impl Type {
    /// What somebody calls a type.
    pub(crate) fn named(app: &App, named: &str) -> Result<Self> {
        let name = named.trim().to_ascii_lowercase();
        let fits = (1..=64).contains(&name.len())
            && name.starts_with(|first: char| first.is_ascii_alphanumeric())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if !fits {
            let detail = "A credential type is 1 to 64 letters, digits, dots, dashes or underscores";
            return Err(Error::field("/credentialType", detail));
        }
        match app.provider(&name) {
            // One without an API key takes no typed credential; what is stored under its name is the caller's own matter.
            Ok(provider) if provider.api_key().is_some() => {
                Ok(Self { name: provider.slug().to_owned(), provider: Some(provider) })
            }
            Ok(_) => Ok(Self { name, provider: None }),
            Err(error) if error.code() == Code::UnknownProvider => Ok(Self { name, provider: None }),
            Err(error) => Err(error),
        }
    }

    /// The slot that a new credential goes into.
    pub(crate) fn slot(&self) -> String {
        if self.provider.is_some() { self.name.clone() } else { format!("{CUSTOM}{}", self.name) }
    }

    /// The slots in which one may be found: also the one from before a provider file was added.
    pub(crate) fn slots(&self) -> Vec<String> {
        let custom = format!("{CUSTOM}{}", self.name);
        if self.provider.is_some() { vec![self.name.clone(), custom] } else { vec![custom] }
    }

    /// Refuses what cannot be one of this type. Members that the provider's file does not know are kept as they are.
    pub(crate) fn check(&self, credentials: &Map<String, Value>) -> Result<()> {
        let Some(provider) = &self.provider else { return Ok(()) };
        api_key(provider, credentials).map(drop).map_err(|invalid| {
            let field = |field: shared::providers::credentials::InvalidField| FieldError {
                pointer: format!("/credentials/{}", field.key),
                detail: format!("{} {}", field.key, field.problem),
            };
            Error::fields(invalid.into_iter().map(field).collect())
        })
    }
}

/// The type that a slot is for.
pub(crate) fn type_of(slot: &str) -> &str {
    slot.strip_prefix(CUSTOM).unwrap_or(slot)
}

/// The project that is meant: the one named, else the one that the key is limited to, else the usual one.
pub(crate) fn project<'a>(caller: &'a Caller, named: Option<&'a str>) -> Result<&'a str> {
    label::checked(named.or_else(|| caller.project()))
        .map_err(|_| Error::field("/projectId", "A project is 1 to 64 letters, digits, dots, dashes, underscores or @"))
}

/// A credential as it is sealed.
pub(crate) fn sealed_form(credentials: &Map<String, Value>) -> Result<Secret<String>> {
    let text = Secret::new(serde_json::to_string(credentials).map_err(Error::internal)?);
    match text.expose().len() {
        _ if credentials.is_empty() => Err(Error::field("/credentials", "No credentials were sent")),
        length if length > LARGEST => Err(Error::field("/credentials", "A credential has at most 32 KiB as JSON")),
        _ => Ok(text),
    }
}

/// Adds what is wrong with a name.
pub(crate) fn check_name(name: Option<&str>, errors: &mut Vec<FieldError>) {
    if name.is_some_and(|name| name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)) {
        let detail = "A name has at most 100 characters, none of them a control character".to_owned();
        errors.push(FieldError { pointer: "/name".to_owned(), detail });
    }
}

/// Whether the key may see what stands in this slot at all.
pub(crate) fn may_see(caller: &Caller, slot: &str, label: &str) -> bool {
    caller.may_see(type_of(slot), label)
}
