//! `migrate`: takes over what an older system kept.
//!
//! The file is looked through for records that have one place here ([`slots`]), and then read a record at a time
//! ([`input`]); each old system's shape is read in a file of its own; people are found or made ([`people`]); each connection
//! is written under an id that comes from where it was ([`write`]). So it may be killed at any point and run again, and
//! memory stays flat.

mod cbc;
mod d0;
mod d1;
mod d2;
mod d4;
mod grant;
mod homes;
mod input;
mod names;
mod people;
mod record;
mod report;
mod slots;
mod splitter;
mod table;
mod value;
mod write;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use futures_util::{StreamExt as _, stream};
use shared::app::App;

pub(crate) use self::{
    d2::fields as d2_fields,
    record::{Named, Shelf},
    report::{Fate, Outcome},
};
use self::{
    homes::Map,
    input::{Found, Input},
    people::People,
    record::Reader,
    report::{Rejects, Report},
    slots::Slots,
    write::{Planned, Work},
};
use crate::{
    cli::Migrate,
    failure::Failure,
    output::{Ended, Output},
    progress::Progress,
};

/// So many records are worked on at once.
const AT_ONCE: usize = 16;
/// So many records may wait to be worked on.
const WAITING: usize = 64;

/// What can be refused before anything is opened: the file, the keys that open it, the map.
pub(crate) struct Prepared {
    input: Input,
    reader: Arc<Reader>,
    map: Map,
}

/// Reads what the command line names.
pub(crate) fn prepare(args: &Migrate) -> Result<Prepared, Failure> {
    let reader = Arc::new(Reader::new(args)?);
    let map = Map::read(args.map.as_deref())?;
    if args.rejects.as_deref().is_some_and(|rejects| input::are_one(rejects, &args.file)) {
        return Err(Failure::usage("--rejects names the export itself, which would be lost"));
    }
    Ok(Prepared { input: Input::open(args, &reader)?, reader, map })
}

/// What is done with each record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is written.
    Write,
    /// It is only looked at.
    DryRun,
    /// It is looked for here, and opened.
    Check,
}

pub(crate) async fn run(app: &App, output: Output, args: &Migrate, prepared: Prepared) -> Result<Ended, Failure> {
    let mode = if args.dry_run { Mode::DryRun } else { Mode::Write };
    let mut rejects = Rejects::open(args.rejects.as_deref())?;
    let report = each(app, args, prepared, mode, |_, outcomes| rejects.note(outcomes)).await?;
    rejects.finish()?;
    report.audit(app, args).await?;
    output.result(&report, || report.words(mode))?;
    match &report.broken {
        Some(broken) => Err(Failure::failed(broken.clone())),
        None => Ok(Ended::well(report.skipped == 0 && report.failed == 0)),
    }
}

/// Does it with each record of the file, and tells what became of its connections.
pub(crate) async fn each(
    app: &App,
    args: &Migrate,
    prepared: Prepared,
    mode: Mode,
    mut tell: impl FnMut(&Named, &[Outcome]) -> Result<(), Failure>,
) -> Result<Report, Failure> {
    let Prepared { input, reader, map } = prepared;
    let people = People::new(app, args, map).await?;
    let open = || Input::open(args, &reader).ok();
    let slots = tokio::task::block_in_place(|| Slots::find(app, &people, &reader, open));
    let work = Work {
        app,
        people: &people,
        reader: &reader,
        slots,
        mode,
        all_users: args.all_users,
        planned: Planned::default(),
    };
    let (length, read) = (input.length, Arc::new(AtomicU64::new(0)));
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING);
    let reached = Arc::clone(&read);
    // Reading blocks, and waits where the work is slower.
    let reading = tokio::task::spawn_blocking(move || {
        for (nth, found) in (0..).zip(input.records) {
            if let Ok(found) = &found {
                reached.store(found.end, Ordering::Relaxed);
            }
            let last = found.is_err();
            if sender.blocking_send(found.map(|found| (nth, found))).is_err() || last {
                break;
            }
        }
    });
    let found = stream::unfold(receiver, |mut from| async { from.recv().await.map(|found| (found, from)) });
    let each = found.map(|found: Result<(u64, Found), String>| {
        let work = &work;
        async move {
            match found {
                Ok((nth, found)) => Ok(work.record(nth, found).await),
                Err(broken) => Err(broken),
            }
        }
    });
    let mut each = std::pin::pin!(each.buffer_unordered(AT_ONCE));
    let (mut report, mut progress) = (Report::new(mode), Progress::new("records", length));
    while let Some(done) = each.next().await {
        match done {
            Ok((name, outcomes)) => {
                report.note(&outcomes);
                tell(&name, &outcomes)?;
                progress.one(read.load(Ordering::Relaxed));
            }
            Err(broken) => report.broken = Some(broken),
        }
    }
    reading.await?;
    report.users_made = people.made();
    if mode != Mode::Check {
        report.without_administrator = people.homes.without_administrator(app).await?;
    }
    Ok(report)
}
