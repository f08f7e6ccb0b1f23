//! What a migration tells at its end: how many of what, and why the others were left out. Its size does not grow with the
//! file: of each reason a few examples are named.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write as _},
    path::Path,
};

use serde::Serialize;
use serde_json::json;
use shared::{app::App, store::audit::Entry};

use super::{Mode, record::Skip};
use crate::{cli::Migrate, failure::Failure, output::counted};

/// So many examples of a reason are named.
const EXAMPLES: usize = 5;
/// So many reasons are told apart.
const REASONS: usize = 50;

/// What became of one connection.
pub(crate) struct Outcome {
    /// What its record is called.
    pub(crate) record: String,
    /// The line that the record begins on.
    pub(crate) line: u64,
    /// As the older system called it.
    pub(crate) provider: String,
    pub(crate) fate: Fate,
}

/// What became of it.
pub(crate) enum Fate {
    /// It is here now, or would be.
    Written,
    /// It was here.
    There,
    /// It is not, for this reason.
    Skipped(Skip),
    /// It should be, and something failed.
    Failed(String),
}

/// All of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    dry_run: bool,
    records: u64,
    connections: u64,
    written: u64,
    pub(crate) already_there: u64,
    pub(crate) skipped: u64,
    pub(crate) failed: u64,
    pub(super) users_made: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    reasons: BTreeMap<String, Reason>,
    /// Organisations of the older system that nobody looks after here.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) without_administrator: Vec<String>,
    /// Why the file could not be read to its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) broken: Option<String>,
}

#[derive(Default, Serialize)]
struct Reason {
    count: u64,
    examples: Vec<String>,
}

impl Report {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            dry_run: mode == Mode::DryRun,
            records: 0,
            connections: 0,
            written: 0,
            already_there: 0,
            skipped: 0,
            failed: 0,
            users_made: 0,
            reasons: BTreeMap::new(),
            without_administrator: Vec::new(),
            broken: None,
        }
    }

    pub(super) fn note(&mut self, outcomes: &[Outcome]) {
        self.records += 1;
        for outcome in outcomes {
            self.connections += 1;
            match &outcome.fate {
                Fate::Written => self.written += 1,
                Fate::There => self.already_there += 1,
                Fate::Skipped(Skip { reason, instead }) => {
                    self.skipped += 1;
                    self.because(reason, instead.as_deref(), outcome);
                }
                Fate::Failed(reason) => {
                    self.failed += 1;
                    self.because(reason, None, outcome);
                }
            }
        }
    }

    fn because(&mut self, reason: &str, instead: Option<&str>, outcome: &Outcome) {
        let full = self.reasons.len() >= REASONS && !self.reasons.contains_key(reason);
        let reason = if full { "other reasons: see --rejects" } else { reason };
        let reason = self.reasons.entry(reason.to_owned()).or_default();
        reason.count += 1;
        if reason.examples.len() < EXAMPLES {
            let instead = instead.map(|instead| format!(" (that is {instead})")).unwrap_or_default();
            reason.examples.push(format!("{} on line {}{instead}", outcome.record, outcome.line));
        }
    }

    /// Writes down in the trail that a migration was run, where it went to one organisation.
    pub(super) async fn audit(&self, app: &App, args: &Migrate) -> Result<(), Failure> {
        let Some(org) = args.org.as_ref().filter(|_| !self.dry_run) else { return Ok(()) };
        let facts = [
            ("connections", self.connections.to_string()),
            ("written", self.written.to_string()),
            ("skipped", self.skipped.to_string()),
            ("failed", self.failed.to_string()),
        ];
        let from = format!("{:?}", args.from).to_ascii_lowercase();
        let entry = Entry { org, actor: "operator", action: "data.migrate", subject: &from, request: None };
        Ok(app.store.audit_detailed(&entry.about(facts)).await?)
    }

    pub(crate) fn words(&self, mode: Mode) -> String {
        let became = if mode == Mode::DryRun { "would be written" } else { "written" };
        let mut text = format!(
            "{} with {}: {} {became}, {} there already, {} skipped, {} failed.\n",
            counted(self.records, "record", "records"),
            counted(self.connections, "connection", "connections"),
            self.written,
            self.already_there,
            self.skipped,
            self.failed,
        );
        if self.users_made > 0 {
            let were = if mode == Mode::DryRun { "would be made" } else { "made" };
            let accounts = counted(self.users_made, "account", "accounts");
            let _ = writeln!(text, "{accounts} without a password {were} for people who had none here.");
        }
        for (reason, Reason { count, examples }) in &self.reasons {
            let _ = writeln!(text, "  {count} × {reason}\n      such as {}", examples.join(", "));
        }
        if !self.without_administrator.is_empty() {
            let organisations = counted(self.without_administrator.len() as u64, "organisation", "organisations");
            let named: Vec<&str> = self.without_administrator.iter().take(EXAMPLES).map(String::as_str).collect();
            let would = if mode == Mode::DryRun { "would have" } else { "have" };
            let _ = writeln!(
                text,
                "{organisations} {would} no administrator, such as {}: `seed --org ORG --admin EMAIL` appoints one.",
                named.join(", ")
            );
        }
        text
    }
}

/// A file that each connection that was left out goes into.
pub(super) struct Rejects(Option<BufWriter<File>>);

impl Rejects {
    pub(super) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self(None)) };
        let file = File::create(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
        Ok(Self(Some(BufWriter::new(file))))
    }

    pub(super) fn note(&mut self, outcomes: &[Outcome]) -> Result<(), Failure> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        for outcome in outcomes {
            let (what, reason, instead) = match &outcome.fate {
                Fate::Skipped(skip) => ("skipped", &skip.reason, &skip.instead),
                Fate::Failed(reason) => ("failed", reason, &None),
                Fate::Written | Fate::There => continue,
            };
            let Outcome { record, line, provider, .. } = outcome;
            let mut told =
                json!({ "record": record, "line": line, "provider": provider, "became": what, "reason": reason });
            if let Some(instead) = instead {
                told["instead"] = json!(instead);
            }
            writeln!(file, "{told}")?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        self.0.map_or(Ok(()), |mut file| Ok(file.flush()?))
    }
}
