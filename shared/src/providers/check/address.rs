//! Whether an address can lead anywhere but to the provider.

use url::Url;

use super::Checked;
use crate::{
    egress::names_loopback,
    providers::{
        schema::{Field, File},
        template::{Part, Template},
    },
};

/// An address must be https, and its host among the file's hosts: fixed, or one label under a fixed suffix, or a base
/// that a field or a kept fact gives (which is checked when it is filled in).
pub(super) fn address(file: &File, key: &str, templates: &[&Template]) -> Checked {
    let parts: Vec<&Part> = templates.iter().flat_map(|template| template.parts()).collect();
    if let Some(Part::Slot { name, .. }) = parts.first() {
        let base = |field: &Field| field.base_url || field.of_hosts || !field.choices.is_empty();
        let base = file.fields.get(name).is_none_or(base);
        return if base { Ok(()) } else { Err(format!("{key}: `{{{name}}}` is not a `base_url` field")) };
    }
    // Any label will do to see what a placeholder may reach: the pattern must hold for all of them.
    let sample = |slot: &Part| match slot {
        Part::Text(text) => text.clone(),
        Part::Slot { .. } => "any-label".to_owned(),
    };
    let text: String = parts.iter().map(|part| sample(part)).collect();
    let authority =
        text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let url = Url::parse(&text).map_err(|_| format!("{key}: `{text}` is not an address"))?;
    let loopback = url.host_str().is_some_and(names_loopback);
    if url.scheme() != "https" && !(url.scheme() == "http" && file.local_only && loopback) {
        return Err(format!("{key}: must be https"));
    }
    if authority.contains('@') || url.fragment().is_some() {
        return Err(format!("{key}: must have neither a user nor a fragment"));
    }
    let labels: Vec<&str> = authority.split('.').collect();
    let under = labels.iter().position(|label| label.contains("any-label"));
    if under.is_some_and(|at| labels[at] != "any-label" || labels.len() - at < 3) {
        return Err(format!("{key}: a placeholder in a host is one label under a fixed suffix"));
    }
    if authority.matches("any-label").count() > 1 {
        return Err(format!("{key}: only one placeholder may stand in a host"));
    }
    if file.hosts.iter().any(|pattern| pattern.matches(&url)) {
        Ok(())
    } else {
        Err(format!("{key}: host `{}` is not in `hosts`", url.host_str().unwrap_or_default()))
    }
}
