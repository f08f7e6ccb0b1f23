//! What we call, and what we may call.

use std::{collections::BTreeMap, path::PathBuf};

use super::Env;

/// Settings that a provider's file may name as the default of a `base_url` field.
const BASE_URLS: [&str; 3] = ["PLANKA_BASE_URL", "N8N_BASE_URL", "EMERGENT_BASE_URL"];

/// Providers and refresh.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// A folder of provider files beside the built-in ones.
    pub providers_dir: Option<PathBuf>,
    /// Loopback `host:port` pairs that may be called: the local server's alone, never read from the environment here.
    pub allow: Vec<(String, u16)>,
    /// Addresses of people's own servers, used where a person names none: by the setting that a provider's file names.
    pub base_urls: BTreeMap<&'static str, String>,
    /// Refresh every integration before it expires, also those nobody reads.
    pub refresh_all: bool,
}

impl Outward {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        Self {
            providers_dir: env.text("PROVIDERS_DIR").map(PathBuf::from),
            allow: Vec::new(),
            base_urls: BASE_URLS.into_iter().filter_map(|name| Some((name, env.base_url(name)?))).collect(),
            refresh_all: env.text("REFRESH").is_some_and(|value| value == "all"),
        }
    }
}
