//! Mails that nobody sends: kept in a folder of whoever started the server, and printed for them.
//!
//! They hold links that sign people in, so the folder is for its owner alone.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use shared::mail::{Letter, Outbox};

/// One that keeps its mails below the server's folder.
pub(crate) fn below(folder: &Path) -> Outbox {
    let folder = folder.join("outbox");
    Outbox::new(move |letter| {
        let text = written(letter);
        if let Err(error) = keep(&folder, letter, &text) {
            tracing::error!(folder = %folder.display(), %error, "a mail could not be kept");
        }
        // Nobody may be looking any more, as when whatever read our output has ended: the mail is kept all the same.
        let _ = writeln!(io::stdout().lock(), "\n--- a mail, sent to nobody ---\n{text}---");
    })
}

fn written(letter: &Letter) -> String {
    let Letter { id, to, subject, text } = letter;
    format!("To: {to}\nSubject: {subject}\nMessage-ID: <{id}>\n\n{}\n", text.trim_end())
}

fn keep(folder: &PathBuf, letter: &Letter, text: &str) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Our own id: letters, digits and an `@`.
    options.open(folder.join(format!("{}.txt", letter.id)))?.write_all(text.as_bytes())
}
