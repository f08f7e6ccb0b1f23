//! Reads one provider file: TOML, completed by the file it extends, then checked.

use std::sync::Arc;

use toml::{Table, Value};

use super::{Provider, check, schema::File};

/// A provider file that is no good: which file, where in it, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {problem}")]
pub struct ProviderError {
    /// The file's name.
    pub file: String,
    /// The key, as far as known, and what is wrong with it.
    pub problem: String,
}

impl ProviderError {
    pub(super) fn new(file: &str, problem: &dyn ToString) -> Self {
        Self { file: file.to_owned(), problem: problem.to_string() }
    }
}

/// What a file takes over from the one it extends is how to connect, never what it is or what it offers.
const OWN: &[&str] = &[
    "extends",
    "override",
    "local_only",
    "name",
    "icon",
    "description",
    "docs",
    "source",
    "checked",
    "aliases",
    "capabilities",
    "webhook_events",
    "actions",
    "webhooks",
];

/// Reads a file. `parent` gives the text of the file that it extends; `public_url` is put in where the file is for
/// the local server; `built_in` is whether the product brings it.
pub(super) fn load(
    slug: &str,
    text: &str,
    parent: impl FnOnce(&str) -> Option<Arc<str>>,
    public_url: Option<&str>,
    built_in: bool,
) -> Result<Provider, ProviderError> {
    let name = format!("{slug}.toml");
    let wrong = |problem: &dyn ToString| ProviderError::new(&name, &problem.to_string().trim_end());
    let text = match public_url {
        Some(url) => text.replace("{public_url}", url).replace("{public_host}", &host(url)),
        None => text.to_owned(),
    };
    let table: Table = toml::from_str(&text).map_err(|error| wrong(&error))?;
    let file: File = match table.get("extends") {
        // Read from the text, an error shows the line.
        None => toml::from_str(&text).map_err(|error| wrong(&error))?,
        Some(extends) => {
            let extends = extends.as_str().ok_or_else(|| wrong(&"`extends` is the slug of a provider"))?.to_owned();
            let of = parent(&extends).ok_or_else(|| wrong(&format!("extends `{extends}`, which there is not")))?;
            let of: Table = toml::from_str(&of).map_err(|error| wrong(&format!("extends `{extends}`: {error}")))?;
            if of.contains_key("extends") {
                return Err(wrong(&format!("extends `{extends}`, which itself extends another")));
            }
            complete(table, of).try_into().map_err(|error: toml::de::Error| wrong(&error))?
        }
    };
    let provider = Provider { slug: slug.to_owned(), file, built_in };
    check::check(&provider).map_err(|problem| ProviderError { file: name, problem })?;
    Ok(provider)
}

/// The host of our own address, with its port: a host pattern without one means 443.
fn host(url: &str) -> String {
    let Ok(url) = url::Url::parse(url) else { return String::new() };
    format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default())
}

fn complete(child: Table, mut parent: Table) -> Table {
    parent.retain(|key, _| !OWN.contains(&key));
    overlay(&mut parent, child);
    parent
}

/// Tables grow together; all else is replaced.
fn overlay(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => overlay(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}
