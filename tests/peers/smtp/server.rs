//! The mail server's process, with a file of its own for the mails that it takes.

use std::{collections::BTreeMap, fs, path::Path, path::PathBuf, process::Command};

use serde::Deserialize;
use serde_json::Value;
use support::Child;

/// Whom it knows.
pub(super) const USER: &str = "ada";
/// By which password.
pub(super) const PASSWORD: &str = "a-good-password";

/// A running server. It ends with this value.
pub(super) struct Server {
    /// Where each of its ways to be listens.
    pub(super) ports: BTreeMap<String, u16>,
    /// The certificate that vouches for it, PEM.
    pub(super) authority: String,
    mails: PathBuf,
    _process: Child,
}

#[derive(Deserialize)]
struct Ready {
    ports: BTreeMap<String, u16>,
    authority: String,
}

impl Server {
    pub(super) fn start() -> Self {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let mails = std::env::temp_dir().join(format!("postern-mails-{}", shared::id::random_token()));
        let mut program = Command::new(peers.join(".venv/bin/python"));
        program.arg(peers.join("smtp/server.py")).arg(&mails);
        let ready = |line: &str| serde_json::from_str::<Ready>(line).ok();
        let (process, ready) = Child::ready(&program, "is aiosmtpd installed? tests/run does that", ready);
        Self { ports: ready.ports, authority: ready.authority, mails, _process: process }
    }

    /// The mails that it took.
    pub(super) fn mails(&self) -> Vec<Value> {
        let lines = fs::read_to_string(&self.mails).unwrap_or_default();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // What is left behind is left in the system's own folder for such things.
        let _ = fs::remove_file(&self.mails);
    }
}
