//! What the provider files promise, over answers as the vendors give them (with invented tokens).

mod api_errors;
mod built_in;
mod file;
mod folder;
mod identity;
mod requests;

use bytes::Bytes;
use http::Response;
use serde_json::Value;

use super::*;

/// A built-in provider, sandbox included.
pub(crate) fn built_in(slug: &str) -> std::sync::Arc<Provider> {
    Catalogue::local(None, "http://localhost:3000").get(slug).unwrap().unwrap()
}

/// A file's text as a provider.
pub(crate) fn read(text: &str) -> Result<Provider, ProviderError> {
    load::load("acme", text, |_| None, None, true)
}

/// A minimal file, to which `more` is added.
pub(crate) fn acme(more: &str) -> String {
    format!(
        "name = 'Acme'\ncategory = 'Tests'\nicon = 'FaCube'\ndescription = 'Acme.'\n\
         docs = 'https://acme.test/docs'\nsource = 'https://acme.test/source'\nchecked = 2026-11-20\n\
         hosts = ['api.acme.test', '*.tenants.acme.test']\nbase_url = 'https://api.acme.test/v1'\n{more}"
    )
}

pub(crate) const KEY: &str = "[auth.api_key.fields.key]\nlabel = 'Key'\n";

pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> Response<Bytes> {
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Bytes::from(body.to_string())).unwrap()
}
