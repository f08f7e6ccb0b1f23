//! Keeps [`State`] in a file, so that a connection made before a restart can still be refreshed after it.
//!
//! A change is answered only when it is on disk: it is made on a copy, the copy is written beside the file and renamed
//! over it, and only then does it become what readers see.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::state::State;

/// The state and where it is kept.
pub(super) struct Book {
    state: Mutex<State>,
    file: Option<PathBuf>,
}

impl Book {
    /// Reads the file, or starts a new one. Without a file all is forgotten with the process.
    pub(super) fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let state = file.as_deref().map_or_else(|| Ok(State::new()), read_or_start)?;
        Ok(Self { state: Mutex::new(state), file })
    }

    /// Looks something up.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes something, durably.
    pub(super) async fn change<T: Send + 'static>(
        self: &Arc<Self>,
        change: impl FnOnce(&mut State) -> T + Send + 'static,
    ) -> io::Result<T> {
        let book = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            let mut state = book.lock();
            let mut next = state.clone();
            let answer = change(&mut next);
            if let Some(file) = &book.file {
                write(file, &next)?;
            }
            *state = next;
            Ok(answer)
        });
        work.await.map_err(io::Error::other)?
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read_or_start(file: &Path) -> io::Result<State> {
    match std::fs::read(file) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let state = State::new();
            write(file, &state)?;
            Ok(state)
        }
        Err(error) => Err(error),
    }
}

fn write(file: &Path, state: &State) -> io::Result<()> {
    let beside = file.with_extension("json.new");
    let mut out = crate::files::private(&beside)?;
    out.write_all(&serde_json::to_vec_pretty(state)?)?;
    out.sync_all()?;
    std::fs::rename(beside, file)
}
