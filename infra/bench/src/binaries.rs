//! The binaries that are measured, built by Cargo where they are not up to date.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use shared::config::Env;

use crate::Failure;

/// Every function of the house, by the name of its binary.
pub(crate) const FUNCTIONS: [&str; 7] =
    ["auth", "credentials", "integrations", "oauth", "console", "token-refresh", "audit-sealer"];

/// Where they are.
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// Those beside this program, as they are.
    pub(crate) fn beside() -> Result<Self, Failure> {
        let own = std::env::current_exe()?;
        Ok(Self(own.parent().ok_or("this program is in no folder")?.to_owned()))
    }

    /// Built like this program, with the same profile and features.
    pub(crate) fn build() -> Result<Self, Failure> {
        let binaries = Self::beside()?;
        let mut cargo = Command::new(Env::process("CARGO").unwrap_or_else(|| "cargo".to_owned()));
        cargo.args(["build", "--locked", "--profile", if cfg!(debug_assertions) { "dev" } else { "release" }]);
        cargo.arg("--manifest-path");
        cargo
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
            .args(["-p", "bench", "-p", "local", "-p", "admin"]);
        for function in FUNCTIONS {
            // Another crate is called console, too; its version is not ours.
            cargo.arg("-p").arg(format!("{function}@{}", env!("CARGO_PKG_VERSION")));
        }
        if cargo.stdout(Stdio::null()).status()?.success() { Ok(binaries) } else { Err("the build failed".into()) }
    }

    /// One of them.
    pub(crate) fn of(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}
