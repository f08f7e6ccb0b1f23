//! Edits that leave the grant alone: each writes its own attributes, so that none fails a running refresh.

use std::time::Duration;

use super::{Integration, Integrations, Settled, Status, attribute as at, keys, protocol};
use crate::{
    store::{
        Error, Table,
        expression::{Change, Condition, Value, Write},
    },
    vault::Sealed,
};

/// `last_used_at` is written at most so often.
const USED: Duration = Duration::from_secs(3600);

/// What an owner may change.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    /// Settings and metadata, sealed at the next `rev`.
    pub notes: Option<Sealed>,
    /// Whether data is to be kept in step.
    pub sync_enabled: Option<bool>,
    /// On or off.
    pub enabled: Option<bool>,
}

impl Integrations<'_> {
    /// Whether the hour is over after which a loan is noted again.
    pub fn use_is_worth_noting(integration: &Integration, now: i64) -> bool {
        let noted = integration.last_used_at.map(jiff::Timestamp::as_second);
        noted.is_none_or(|noted| noted + USED.as_secs().cast_signed() <= now)
    }

    /// Notes that it was lent, and when it is to be refreshed now that it is in use.
    pub async fn touch_used(&self, integration: &Integration, due: Change, now: i64) -> Result<(), Error> {
        let unnoted = Condition::Any(vec![
            Condition::Absent(at::LAST_USED_AT),
            Condition::Less(at::LAST_USED_AT, now - USED.as_secs().cast_signed() + 1),
        ]);
        let condition = same_grant(integration).and(Condition::Absent(at::DISCONNECTED_AT)).and(unnoted);
        self.edit_row(integration, &Write::new(condition, due.set(at::LAST_USED_AT, now))).await.map(|_| ())
    }

    /// Notes that it was tested.
    pub async fn touch_tested(&self, integration: &Integration, now: i64) -> Result<(), Error> {
        let change = Change::new().set(at::LAST_TESTED_AT, now);
        self.edit_row(integration, &Write::new(connected_as(integration), change)).await.map(|_| ())
    }

    /// One more failure in a row; at the fifth the status says so.
    pub async fn record_error(&self, integration: &Integration, error: &str, now: i64) -> Result<(), Error> {
        // Set, not added to: a repetition after a lost answer must not count twice.
        let count = integration.view().error_count + 1;
        let change = Change::new()
            .set(at::LAST_ERROR, error)
            .set(at::UPDATED_AT, now)
            .set(at::ERROR_COUNT, count)
            .add(at::REV, 1);
        let failing = integration.status == Status::Active && count >= protocol::ERRORS;
        let change = if failing { change.set(at::STATUS, Status::Error.as_str()) } else { change };
        self.edit_row(integration, &Write::new(connected_as(integration), change)).await.map(|_| ())
    }

    /// It works again.
    pub async fn reset_errors(&self, integration: &Integration, now: i64) -> Result<(), Error> {
        let works = Condition::Any(vec![
            Condition::Is(at::STATUS, Status::Active.as_str().into()),
            Condition::Is(at::STATUS, Status::Error.as_str().into()),
        ]);
        let change = Change::new()
            .set(at::STATUS, Status::Active.as_str())
            .set(at::ERROR_COUNT, 0)
            .set(at::UPDATED_AT, now)
            .remove(&[at::LAST_ERROR])
            .add(at::REV, 1);
        self.edit_row(integration, &Write::new(connected_as(integration).and(works), change)).await.map(|_| ())
    }

    /// The token has ended and there is nothing to renew it with.
    pub async fn expire(&self, integration: &Integration, now: i64) -> Result<(), Error> {
        let condition = same_grant(integration)
            .and(Condition::Absent(at::REFRESH_TOKEN))
            .and(Condition::Absent(at::DISCONNECTED_AT));
        let change = keys::due(&integration.id, None)
            .set(at::STATUS, Status::Expired.as_str())
            .set(at::UPDATED_AT, now)
            .add(at::REV, 1);
        self.edit_row(integration, &Write::new(condition, change)).await.map(|_| ())
    }

    /// What its owner changes, unless somebody else changed it since it was read.
    pub async fn edit(&self, integration: &Integration, edit: &Edit, now: i64) -> Result<Settled, Error> {
        let rev = integration.rev.cast_signed();
        let unchanged = match rev {
            0 => Condition::Any(vec![Condition::Absent(at::REV), Condition::Is(at::REV, 0.into())]),
            rev => Condition::Is(at::REV, rev.into()),
        };
        let mut change = Change::new().set(at::REV, rev + 1).set(at::UPDATED_AT, now);
        if let Some(notes) = &edit.notes {
            change = change.set(at::NOTES, notes).set(at::NOTES_REV, rev + 1);
        }
        if let Some(sync) = edit.sync_enabled {
            change = change.set(at::SYNC_ENABLED, Value::Flag(sync));
        }
        change = match (edit.enabled, integration.status) {
            (Some(false), _) => change.set(at::STATUS, Status::Inactive.as_str()),
            (Some(true), Status::Inactive) => change.set(at::STATUS, Status::Active.as_str()),
            _ => change,
        };
        self.edit_row(integration, &Write::new(connected_as(integration).and(unchanged), change)).await
    }

    /// Says when to look again, unless that was said anew since, or the grant has moved on.
    pub async fn postpone(&self, integration: &Integration, at: Option<i64>) -> Result<(), Error> {
        let Some(seen) = &integration.due_sk else { return Ok(()) };
        let write = protocol::postpone(integration.view().grant, seen, keys::due(&integration.id, at));
        self.edit_row(integration, &write).await.map(|_| ())
    }

    async fn edit_row(&self, integration: &Integration, write: &Write) -> Result<Settled, Error> {
        Settled::read(self.0.apply(Table::Integrations, &integration.key(), write).await?)
    }
}

fn same_grant(integration: &Integration) -> Condition {
    Condition::Is(at::GRANT, integration.view().grant.into())
}

/// Still the same connection, whatever its grant by now.
fn connected_as(integration: &Integration) -> Condition {
    Condition::Is(at::ID, integration.id.as_str().into()).and(Condition::Absent(at::DISCONNECTED_AT))
}
