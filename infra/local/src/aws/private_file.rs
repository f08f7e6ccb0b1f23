//! Files that only their owner may read, written whole or not at all.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::Path,
};

use super::StartError;

/// Makes the folder for its owner alone.
pub(super) fn make_folder(folder: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(at(folder))
}

/// Claims the folder for this process until the file is dropped or the process ends, however it ends.
pub(super) fn claim(folder: &Path) -> Result<File, StartError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::InUse { folder: folder.to_owned() }),
        Err(TryLockError::Error(error)) => Err(at(&path)(error)),
    }
}

/// The file's content, or `None` where there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, StartError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// Replaces the file: written beside it, synced, then renamed, so that a crash leaves the old or the new one.
pub(super) fn write(path: &Path, content: &[u8]) -> Result<(), StartError> {
    let beside = path.with_extension("new");
    let replace = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The new name is only durable once the folder is.
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    replace().map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StartError + '_ {
    move |source| StartError::File { path: path.to_owned(), source }
}
