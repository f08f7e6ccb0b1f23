//! A folder for one test's files, gone with it.

use std::path::{Path, PathBuf};

/// The folder. Dropping it deletes what is in it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A new one.
    pub(crate) fn new() -> Self {
        let path = std::env::temp_dir().join(format!("postern-{}", shared::id::random_token()));
        std::fs::create_dir(&path).expect("a folder for this test");
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be deleted stays in the system's own folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
