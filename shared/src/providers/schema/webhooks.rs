//! `[webhooks]`: how a provider's webhooks are known to be its own.

use serde::Deserialize;

use crate::providers::{pointer::Pointer, template::Template};

/// What the verifier and the router of incoming webhooks need to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// What proves them.
    pub scheme: Scheme,
    /// The header that holds the proof.
    pub header: String,
    /// What stands before the proof in that header.
    #[serde(default)]
    pub prefix: String,
    /// How the proof is written.
    #[serde(default)]
    pub encoding: Encoding,
    /// What is signed: `{body}`, and `{timestamp}` where there is one.
    pub signed: Option<Template>,
    /// The header with the time of sending, in epoch seconds.
    pub timestamp_header: Option<String>,
    /// How far that may be from now, in seconds.
    pub tolerance: Option<u32>,
    /// The header that names the delivery.
    pub delivery_header: Option<String>,
    /// Where the body names the delivery.
    pub delivery: Option<Pointer>,
    /// The header that names the event.
    pub event_header: Option<String>,
    /// Where the body names the event.
    pub event: Option<Pointer>,
    /// Where the body holds a challenge to send back.
    pub challenge: Option<Pointer>,
    /// The parameter of a GET that holds a challenge to send back.
    pub challenge_parameter: Option<String>,
    /// Where the body names the account, for webhooks of the whole app.
    #[serde(default)]
    pub account: Vec<Pointer>,
}

/// What proves a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// HMAC with SHA-256 over `signed`.
    HmacSha256,
    /// The secret itself, in the header.
    Token,
}

/// How a signature is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Hexadecimal.
    #[default]
    Hex,
    /// Base 64.
    Base64,
}
