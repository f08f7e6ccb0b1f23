//! Figures as people read them: one Markdown table a question.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;

use crate::Failure;

/// A table.
pub(crate) struct Table {
    title: String,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty one.
    pub(crate) fn new(title: &str, heads: &[&str]) -> Self {
        Self { title: title.to_owned(), rows: vec![heads.iter().map(|&head| head.to_owned()).collect()] }
    }

    /// Adds a row.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        writeln!(formatter, "**{}**\n", self.title)?;
        for (number, row) in self.rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(&widths) {
                write!(formatter, "| {cell:<width$} ")?;
            }
            writeln!(formatter, "|")?;
            if number == 0 {
                let line: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
                writeln!(formatter, "|{}|", line.join("|"))?;
            }
        }
        Ok(())
    }
}

/// An empty collection of times.
pub(crate) fn times() -> Result<Histogram<u64>, Failure> {
    // From a microsecond to a minute, to three digits.
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

/// Notes a time.
pub(crate) fn note(times: &mut Histogram<u64>, took: Duration) {
    times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
}

/// A quantile in milliseconds.
pub(crate) fn at(times: &Histogram<u64>, quantile: f64) -> String {
    millis(Duration::from_micros(times.value_at_quantile(quantile)))
}

/// Milliseconds, as exactly as they are worth it.
pub(crate) fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 10.0 { format!("{millis:.2}") } else { format!("{millis:.1}") }
}

/// A number of many digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
