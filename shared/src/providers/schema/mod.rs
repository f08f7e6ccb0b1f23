//! The provider file as types: they are its schema, and an unknown key is an error.
//!
//! Types only; what holds between keys is checked in `check`, and what the keys do is done elsewhere.

mod action;
mod answer;
mod apply;
mod auth;
mod call;
mod hooks;
mod mint;
mod webhooks;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error};

pub use self::{
    action::{Action, Input, InputsTo, Kind, Property},
    answer::{Choose, Errors, IdentityStep, Limits, Means, Pagination, PaginationStyle},
    apply::{Apply, Basic},
    auth::{
        ApiKey, Auth, ClientAuth, Exchange, KeyField, OAuth2, Pkce, Reach, Refresh, Revoke, TokenAnswer, TokenBody,
    },
    call::{CallAuth, Method, Request, Shape},
    hooks::Hooks,
    mint::{ClientCredentials, ServiceAccount, Session},
    webhooks::{Encoding, Scheme, Webhooks},
};
use super::template::Template;
use crate::egress::HostPattern;

/// A whole provider file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The provider whose file this one completes.
    pub extends: Option<String>,
    /// An overlay file that means to replace the built-in one says so.
    #[serde(default)]
    pub r#override: bool,
    /// Offered by the local server only; may then use `{public_url}`, and http on loopback.
    #[serde(default)]
    pub local_only: bool,

    /// As people know it.
    pub name: String,
    /// Where a list files it.
    pub category: String,
    /// Font Awesome name, as D2's catalogue holds it.
    pub icon: String,
    /// One sentence on what it is used for.
    pub description: String,
    /// The vendor's documentation, for people.
    pub docs: String,
    /// What this file was written from.
    pub source: String,
    /// When that was last looked at.
    #[serde(deserialize_with = "date")]
    pub checked: jiff::civil::Date,

    /// The only hosts that ever see a credential: `host`, `host:port`, or `*.suffix` for one label more.
    pub hosts: Vec<HostPattern>,
    /// Other ids that mean this provider.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What can be done with it, in a few words each (D3's list).
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The events it can send (D3's list).
    #[serde(default)]
    pub webhook_events: Vec<String>,

    /// What a person tells before connecting: subdomain, region, tenant.
    #[serde(default)]
    pub fields: BTreeMap<String, Field>,
    /// What data cannot say.
    #[serde(default)]
    pub hooks: Hooks,
    /// The ways of getting a credential.
    #[serde(default)]
    pub auth: Auth,
    /// What a request's `path` is put behind.
    pub base_url: Option<Template>,
    /// Headers of every API request.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// Who is this? Earlier steps win, later ones fill in what is missing.
    #[serde(default)]
    pub identity: Vec<IdentityStep>,
    /// The cheapest call that proves the credential.
    pub test: Option<Request>,
    /// What a test tells of the account, where older clients expect more than the usual. Facts that are not known are
    /// left out.
    pub test_data: Option<Shape>,
    /// How the API says what went wrong.
    #[serde(default)]
    pub errors: Errors,
    /// How lists go on.
    pub pagination: Option<Pagination>,
    /// How often it may be called.
    pub limits: Option<Limits>,
    /// Calls by name.
    #[serde(default)]
    pub actions: BTreeMap<String, Action>,
    /// How its webhooks are known to be its own.
    pub webhooks: Option<Webhooks>,
}

/// Something a person tells before connecting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What a form calls it.
    pub label: String,
    /// Where to find it.
    pub help: Option<String>,
    /// What all of it must match.
    pub pattern: Option<Pattern>,
    /// Used where nothing is told.
    pub default: Option<String>,
    /// Sealed in the vault if so, stored in the clear otherwise.
    #[serde(default)]
    pub secret: bool,
    /// The operator's setting that is used before `default`.
    pub setting: Option<String>,
    /// A whole address of the person's own server, instead of a text. Follows the rule for public addresses.
    #[serde(default)]
    pub base_url: bool,
    /// An address, or a host alone, that must lie on the file's `hosts`.
    #[serde(default)]
    pub of_hosts: bool,
    /// The answers there are, and what each of them puts into templates.
    #[serde(default)]
    pub choices: BTreeMap<String, String>,
}

/// A regular expression that the whole value must match.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Pattern(regex_lite::Regex);

impl Pattern {
    /// Does all of `value` match?
    pub fn matches(&self, value: &str) -> bool {
        self.0.is_match(value)
    }
}

impl TryFrom<String> for Pattern {
    type Error = regex_lite::Error;
    fn try_from(text: String) -> Result<Self, regex_lite::Error> {
        regex_lite::Regex::new(&format!("^(?:{text})$")).map(Self)
    }
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<jiff::civil::Date, D::Error> {
    let written = toml::value::Datetime::deserialize(deserializer)?;
    let (Some(date), None) = (written.date, written.time) else {
        return Err(D::Error::custom("a date is written 2026-11-20, without a time"));
    };
    let (year, month, day) = (i16::try_from(date.year), i8::try_from(date.month), i8::try_from(date.day));
    match (year, month, day) {
        (Ok(year), Ok(month), Ok(day)) => jiff::civil::Date::new(year, month, day).map_err(D::Error::custom),
        _ => Err(D::Error::custom("no such date")),
    }
}
