//! `[hooks]`: what data cannot say, by name.

use serde::Deserialize;

/// Each is one of `providers::hooks`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hooks {
    /// Signs requests that name a `service`.
    pub sign: Option<String>,
    /// Turns what a person typed into what is kept.
    pub enter: Option<String>,
    /// Does the actions that say `run = true`.
    pub run: Option<String>,
}
