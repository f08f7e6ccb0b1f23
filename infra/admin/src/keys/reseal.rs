//! Goes through all rows that hold sealed values, many at once, and seals anew what is older.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use shared::{
    app::App,
    id::OrgId,
    store::walk::Home,
    upkeep::reseal::{self, Done, Failed, Row},
    vault::Purpose,
};

use crate::{
    failure::{Failure, told},
    progress::Progress,
};

/// So many rows are worked on at once.
const AT_ONCE: usize = 16;
/// So many rows that failed are named.
const NAMED: usize = 10;

/// What became of the rows.
#[derive(Default, Serialize)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) resealed: u64,
    pub(super) current: u64,
    pub(super) overtaken: u64,
    /// Of shredded organisations: they never open again.
    pub(super) gone: u64,
    pub(super) failed: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) failures: Vec<String>,
    /// The keys that some value still needs in an older version.
    #[serde(skip)]
    wanting: BTreeSet<(OrgId, &'static str)>,
}

/// Seals anew what these organisations have; of all, where none is named.
pub(super) async fn all(app: &App, orgs: Option<&HashSet<OrgId>>, purposes: &[Purpose]) -> Result<Tally, Failure> {
    let (mut tally, mut progress) = (Tally::default(), Progress::new("rows", None));
    for home in homes(purposes).filter(|home| *home != Home::Handshakes) {
        let mut place = None;
        loop {
            let (rows, next) = reseal::rows(app, home, place).await?;
            let meant = rows.into_iter().filter(|row| orgs.is_none_or(|orgs| orgs.contains(row.org())));
            let mut work = stream::iter(meant.map(|row| one(app, row))).buffer_unordered(AT_ONCE);
            while let Some((row, done)) = work.next().await {
                tally.note(&row, done);
                progress.one(0);
            }
            place = next;
            if place.is_none() {
                break;
            }
        }
    }
    Ok(tally)
}

async fn one(app: &App, row: Row) -> (Row, Result<Done, Failed>) {
    let done = reseal::reseal(app, &row).await;
    (row, done)
}

impl Tally {
    /// Whether all values of a key were seen to.
    pub(super) fn is_through(&self, org: &OrgId, purpose: Purpose) -> bool {
        !self.wanting.contains(&(org.clone(), purpose.as_str()))
    }

    fn note(&mut self, row: &Row, done: Result<Done, Failed>) {
        self.rows += 1;
        match done {
            Ok(Done::Resealed) => self.resealed += 1,
            Ok(Done::Current) => self.current += 1,
            Ok(Done::Overtaken) => self.overtaken += 1,
            Ok(Done::Gone) => self.gone += 1,
            Err(Failed { purposes, error }) => {
                self.failed += 1;
                self.wanting.extend(purposes.iter().map(|purpose| (row.org().clone(), purpose.as_str())));
                if self.failures.len() < NAMED {
                    self.failures.push(format!("{} of {}: {}", row.id(), row.org(), told(&error)));
                }
            }
        }
    }
}

/// How many values are sealed with a version below what is asked for, by organisation and purpose.
pub(super) async fn older(
    app: &App,
    wanted: &BTreeMap<(OrgId, &'static str), (Purpose, u32)>,
) -> Result<BTreeMap<(OrgId, &'static str), usize>, Failure> {
    let purposes: Vec<Purpose> = wanted.values().map(|(purpose, _)| *purpose).collect();
    let (mut found, now) = (BTreeMap::new(), app.clock.epoch());
    for home in homes(&purposes) {
        let mut place = None;
        loop {
            let (rows, next) = reseal::rows(app, home, place).await?;
            for row in rows.iter().filter(|row| !row.is_gone(now)) {
                for purpose in Purpose::ALL {
                    let key = (row.org().clone(), purpose.as_str());
                    let Some((_, below)) = wanted.get(&key) else { continue };
                    *found.entry(key).or_default() += row.older_than(purpose, *below);
                }
            }
            place = next;
            if place.is_none() {
                break;
            }
        }
    }
    Ok(found)
}

/// Each table once.
fn homes(purposes: &[Purpose]) -> impl Iterator<Item = Home> {
    [Home::Integrations, Home::Timers, Home::Handshakes]
        .into_iter()
        .filter(move |home| purposes.iter().any(|purpose| Home::of(*purpose).contains(home)))
}
