//! What a command says at its end: sentences for a person, or one JSON object for a program.

use std::{io::Write as _, process::ExitCode};

use serde::Serialize;

use crate::failure::Failure;

/// How a command ended that did what it was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All is well.
    Done,
    /// Something of what it looked at needs a person: records that were left out, trouble that was found. Exit code 3.
    Attention,
}

impl Ended {
    /// [`Ended::Done`] where nothing is left to a person.
    pub(crate) fn well(well: bool) -> Self {
        if well { Self::Done } else { Self::Attention }
    }

    pub(crate) fn code(self) -> ExitCode {
        match self {
            Self::Done => ExitCode::SUCCESS,
            Self::Attention => ExitCode::from(3),
        }
    }
}

/// Where results go.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// The result: as JSON, or as the sentences that `words` makes.
    pub(crate) fn result(self, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { say(&serde_json::to_string(value)?) } else { say(words().trim_end()) }
    }

    /// One of many results, for those that come one at a time.
    pub(crate) fn line(self, value: &impl Serialize, words: impl FnOnce() -> String) -> Result<(), Failure> {
        self.result(value, words)
    }
}

/// A line of the result. Where nobody reads on (`| head`) that is a failure like others, and no panic.
pub(crate) fn say(line: &str) -> Result<(), Failure> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// A number and what it counts.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
