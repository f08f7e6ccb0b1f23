//! How a credential travels.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::providers::template::Template;

/// How a credential is put into a request.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Apply {
    /// Headers.
    pub headers: BTreeMap<String, Template>,
    /// Parameters of the URL.
    pub query: BTreeMap<String, Template>,
    /// `Authorization: Basic`.
    pub basic: Option<Basic>,
}

/// A user and a password as RFC 7617 has them, which encodes neither.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// Without a colon, which would end it early.
    pub user: Template,
    /// What proves it.
    pub password: Template,
}
