//! What an owner changes without touching the credential: one `UpdateItem` on `rev` and what was edited.
//!
//! The grant and the lease are in no condition here and are not changed, so a refresh that runs meanwhile commits, and
//! what it commits does not undo the edit.

use super::{Integration, Integrations, attribute as at, protocol};
use crate::{
    store::{
        Error, Written,
        audit::Detailed,
        expression::{Change, Condition, Step, Value, Write},
    },
    vault::Sealed,
};

/// An edit, sealed where it has to be. What is `None` stays as it is.
#[derive(Default)]
pub struct Edit {
    /// What its owner calls it; an empty name is none.
    pub name: Option<String>,
    /// Whether data are synchronised.
    pub sync_enabled: Option<bool>,
    /// When data were synchronised last, seconds since 1970.
    pub last_sync: Option<i64>,
    /// Whether it is switched on.
    pub active: Option<bool>,
    /// Settings, sealed for the edit that [`Integration::next_rev`] counts.
    pub settings: Option<Sealed>,
    /// Metadata, sealed likewise.
    pub metadata: Option<Sealed>,
}

impl Integration {
    /// The number of the next edit: what settings are sealed for, so that older ones put back do not open.
    pub fn next_rev(&self) -> u64 {
        u64::try_from(self.rev + 1).unwrap_or_default()
    }
}

impl Integrations<'_> {
    /// Does an edit on the row as it was read, and writes down who did; `None` where it has changed since.
    pub async fn edit(
        &self,
        seen: &Integration,
        edit: &Edit,
        entry: &Detailed<'_>,
    ) -> Result<Option<Integration>, Error> {
        let write = write(seen, edit, self.now());
        match self.store().change_noted(&seen.key(), &write, entry).await? {
            Written::Yes(row) => Integration::of(row).map(Some),
            Written::No(_) => Ok(None),
        }
    }
}

fn write(seen: &Integration, edit: &Edit, now: i64) -> Write {
    let next = seen.rev + 1;
    let mut change = Change::new().set(at::REV, next).set(at::UPDATED_AT, now);
    change = match edit.name.as_deref() {
        Some("") => change.remove(&[at::NAME]),
        Some(name) => change.set(at::NAME, name),
        None => change,
    };
    if let Some(enabled) = edit.sync_enabled {
        change = change.set(at::SYNC_ENABLED, Value::Flag(enabled));
    }
    if let Some(time) = edit.last_sync {
        change = change.set(at::LAST_SYNC_AT, time);
    }
    if let Some(active) = edit.active {
        change = change.with(protocol::switch(active));
    }
    if let Some(settings) = &edit.settings {
        change = change.set(at::SETTINGS, settings).set(at::SETTINGS_REV, next);
    }
    if let Some(metadata) = &edit.metadata {
        change = change.set(at::METADATA, metadata).set(at::METADATA_REV, next);
    }
    let condition = Condition::All(vec![
        Condition::Is(at::REV, seen.rev.into()),
        Condition::Is(at::ID, seen.id.as_str().into()),
        Condition::Absent(at::DISCONNECTED_AT),
    ]);
    // A row with this number that is as this edit leaves it was changed by it, or by one that says the same.
    let set = change.steps().iter().filter_map(|step| match step {
        Step::Set(name, value) => Some(Condition::Is(name, value.clone())),
        Step::Remove(name) => Some(Condition::Absent(name)),
        Step::SetOnce(..) | Step::Add(..) => None,
    });
    let landed = Condition::All(set.collect());
    Write::new(condition, change).landed(landed)
}
