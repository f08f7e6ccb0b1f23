//! What we call, and what we may call.

use std::path::PathBuf;

use super::Env;

/// Providers and refresh.
#[derive(Clone, Debug, Default)]
pub struct Outward {
    /// A folder of provider files beside the built-in ones.
    pub providers_dir: Option<PathBuf>,
    /// Loopback `host:port` pairs that may be called: the local server's alone, never read from the environment here.
    pub allow: Vec<(String, u16)>,
    /// Refresh every integration before it expires, also those nobody reads.
    pub refresh_all: bool,
}

impl Outward {
    pub(super) fn read(env: &mut Env<'_>) -> Self {
        Self {
            providers_dir: env.text("PROVIDERS_DIR").map(PathBuf::from),
            allow: Vec::new(),
            refresh_all: env.text("REFRESH").is_some_and(|value| value == "all"),
        }
    }
}
