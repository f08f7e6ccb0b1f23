//! D1's table as CSV: a row at a time, none taken that may be half of one.

use std::{
    fs::File,
    io::{self, BufReader, Read, Seek as _, SeekFrom},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde_json::Value;

use super::{
    input::{Found, LONGEST},
    record::Reader,
    value::Object,
};
use crate::{failure::Failure, output::counted};

/// The table's rows.
pub(super) fn records(
    path: &Path,
    mut file: File,
    reader: &Reader,
) -> Result<impl Iterator<Item = Result<Found, String>> + Send + use<>, Failure> {
    let wrong = |what: &dyn std::fmt::Display| Failure::usage(format!("{}: {what}", path.display()));
    let is_whole = ends_with_a_line(&mut file).map_err(|error| wrong(&error))?;
    let begun = Arc::new(AtomicU64::new(0));
    let bounded = Bounded { from: file, read: 0, begun: Arc::clone(&begun) };
    let mut table = csv::ReaderBuilder::new().from_reader(BufReader::new(bounded));
    let columns = table.headers().map_err(|error| wrong(&format!("the header of the table: {}", kind(&error))))?;
    let columns: Vec<String> =
        columns.iter().map(|column| column.trim_start_matches('\u{feff}').trim().to_owned()).collect();
    distinct(&columns).map_err(|sentence| wrong(&sentence))?;
    reader.header(&columns)?;
    let (mut read, mut rows) = (0_u64, table.into_records().peekable());
    Ok(std::iter::from_fn(move || {
        let row = rows.next()?;
        let is_last = rows.peek().is_none();
        Some(match row {
            Ok(row) if is_last && !is_whole => {
                let line = row.position().map_or(0, csv::Position::line);
                Err(format!(
                    "line {line}: the table ends without a line end, so its last row may be cut off. Put one there if the \
                     row is whole, or export it again; {} dealt with",
                    rows_before(read)
                ))
            }
            Ok(row) => {
                read += 1;
                let (line, at) = row.position().map_or((0, 0), |at| (at.line(), at.byte()));
                begun.store(at, Ordering::Relaxed);
                let members = columns.iter().cloned().zip(row.iter().map(|text| Value::String(text.to_owned())));
                Ok(Found { key: None, value: Value::Object(members.collect::<Object>()), line, end: at })
            }
            Err(error) => {
                let at =
                    error.position().map_or_else(String::new, |at| format!("line {}, byte {}: ", at.line(), at.byte()));
                let what = kind(&error);
                Err(format!("{at}this row is not whole or not readable: {what}. {} dealt with", rows_before(read)))
            }
        })
    }))
}

fn rows_before(read: u64) -> String {
    counted(read, "row before it was", "rows before it were")
}

/// A row that ends where the file does may be half of one.
fn ends_with_a_line(file: &mut File) -> io::Result<bool> {
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(matches!(last, [b'\n' | b'\r']))
}

/// Of two columns of one name one would be lost.
fn distinct(columns: &[String]) -> Result<(), String> {
    for (nth, column) in columns.iter().enumerate() {
        if columns[..nth].contains(column) {
            return Err(format!("the table has two columns `{column}`: which one holds?"));
        }
    }
    match columns {
        [one] if one.contains([';', '\t']) => Err("the table's columns are to be separated by commas".to_owned()),
        _ => Ok(()),
    }
}

/// What is wrong with a row, without its content.
fn kind(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("it has {len} fields where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        csv::ErrorKind::Io(error) => error.to_string(),
        _ => "the table ends or breaks there".to_owned(),
    }
}

/// Ends in an error where a row does not end: a quotation mark that nothing closes would take the rest of the file in.
struct Bounded {
    from: File,
    read: u64,
    /// Where the last row that was read begins.
    begun: Arc<AtomicU64>,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // The last row and the one that is read ahead.
        if self.read.saturating_sub(self.begun.load(Ordering::Relaxed)) > 2 * LONGEST as u64 {
            return Err(io::Error::other("it is longer than 16 MB, or a quotation mark is not closed"));
        }
        let read = self.from.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}
