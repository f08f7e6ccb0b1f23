//! The old file, a record at a time, each with its place in it: JSON lines, a JSON list, an object of records, or CSV.
//!
//! No more than one record is in memory. What the file is, its first byte tells, and not its name.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use serde_json::Value;

use super::{record::Reader, splitter::Splitter, table};
use crate::{
    cli::{Migrate, Old},
    failure::Failure,
};

/// A record that was read.
pub(super) struct Found {
    /// What it is called in a map of records.
    pub(super) key: Option<String>,
    pub(super) value: Value,
    /// The line it begins on.
    pub(super) line: u64,
    /// How many bytes of the file end with it.
    pub(super) end: u64,
}

/// The records of a file; a sentence, and nothing after it, where it cannot be read on.
pub(super) type Records = Box<dyn Iterator<Item = Result<Found, String>> + Send>;

/// An open file.
pub(super) struct Input {
    pub(super) records: Records,
    pub(super) length: Option<u64>,
}

/// No record is longer, in bytes.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;

impl Input {
    /// Opens what the command line names. A table's header is looked at here already.
    pub(super) fn open(args: &Migrate, reader: &Reader) -> Result<Self, Failure> {
        let path = &args.file;
        let wrong = |what: &dyn std::fmt::Display| Failure::usage(format!("{}: {what}", path.display()));
        let facts = path.metadata().map_err(|error| wrong(&error))?;
        if facts.is_dir() {
            return Err(wrong(&"this is a directory: name the export's file in it"));
        }
        if !facts.is_file() {
            return Err(wrong(&"this can be read only once: write the export into a file first"));
        }
        let mut file = File::open(path).map_err(|error| wrong(&error))?;
        let mut head = Vec::new();
        let read = file.by_ref().take(1024).read_to_end(&mut head).and_then(|_| file.seek(SeekFrom::Start(0)));
        read.map_err(|error| wrong(&error))?;
        let records: Records = if is_table(&head).map_err(|sentence| wrong(&sentence))? {
            Box::new(table::records(path, file, reader)?)
        } else {
            Box::new(Splitter::new(file, reader.old == Old::D4).fuse_at_error())
        };
        Ok(Self { records, length: Some(facts.len()) })
    }
}

/// Whether a file that begins like this is a table rather than JSON; a sentence where it is neither.
fn is_table(head: &[u8]) -> Result<bool, &'static str> {
    match head {
        [] => return Err("the file is empty: the export has failed, or is still being written"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => return Err("this is UTF-16: save the export as UTF-8"),
        [0x1F, 0x8B, ..] | [b'P', b'K', 3, 4, ..] => return Err("this is compressed: unpack it first"),
        _ => {}
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if text.contains(&0) {
        return Err("this is no text: export it as JSON, or D1's table as CSV (`mongoexport`, not `mongodump`)");
    }
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(first.is_some_and(|first| !matches!(first, b'{' | b'[')))
}

/// Whether both are the same file.
pub(super) fn are_one(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_told_by_what_it_begins_with() {
        for json in ["[]", " \n{\"a\":1}", "\u{feff}[1]", " \n"] {
            assert_eq!(is_table(json.as_bytes()), Ok(false), "{json:?}");
        }
        for table in ["id,username\n", "\u{feff}\"id\",\"username\"\n"] {
            assert_eq!(is_table(table.as_bytes()), Ok(true), "{table:?}");
        }
        for (bytes, said) in [
            (&b""[..], "empty"),
            (b"\xFF\xFE[\0]\0", "UTF-16"),
            (b"\x1F\x8B\x08\x00", "compressed"),
            (b"\x45\x00\x00\x00\x07_id\x00", "no text"),
        ] {
            assert!(is_table(bytes).unwrap_err().contains(said), "{said}");
        }
    }
}
