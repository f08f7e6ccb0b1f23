//! The release binaries that are measured, built by Cargo where they are not up to date.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use shared::config::Env;

use crate::Failure;

/// Every function of the house, by the name of its binary.
pub(crate) const FUNCTIONS: [&str; 5] = ["auth", "integrations", "oauth", "console", "token-refresh"];

/// Where they are.
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// Builds what this program was built with: same profile, same features.
    pub(crate) fn build() -> Result<Self, Failure> {
        let own = std::env::current_exe()?;
        let folder = own.parent().ok_or("this program is in no folder")?.to_owned();
        if folder.file_name().is_none_or(|name| name != "release") {
            return Err("a debug build says nothing: cargo run --release -p bench".into());
        }
        let mut cargo = Command::new(Env::process("CARGO").unwrap_or_else(|| "cargo".to_owned()));
        cargo.args(["build", "--release", "--locked", "--manifest-path"]);
        cargo.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml")).args(["-p", "bench", "-p", "local"]);
        for function in FUNCTIONS {
            // Another crate is called console, too; its version is not ours.
            cargo.arg("-p").arg(format!("{function}@{}", env!("CARGO_PKG_VERSION")));
        }
        if cargo.stdout(Stdio::null()).status()?.success() { Ok(Self(folder)) } else { Err("the build failed".into()) }
    }

    /// One of them.
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
