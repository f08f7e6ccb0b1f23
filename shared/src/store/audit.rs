//! The audit trail: what was changed, by whom, when. Append only; entries are never changed or deleted here.
//!
//! A row stands in its organisation's day, ordered by time. The index `day` tells which organisations have entries of a
//! day, so that the sealer asks nobody else.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;

use super::{Attempt, Error, Item, Store, Table, key, put_new, string, text};
use crate::id::{OrgId, RequestId, random_token};

/// The partitions of the index that one day's organisations are spread over.
pub const SHARDS: u64 = 16;

/// One entry.
#[derive(Clone, Debug, Serialize)]
pub struct Entry<'a> {
    /// Whose day it goes into.
    pub org: &'a OrgId,
    /// Who did it: a user's or a service key's id.
    pub actor: &'a str,
    /// What was done, as `noun.verb`.
    pub action: &'a str,
    /// What it was done to.
    pub subject: &'a str,
    /// In which request, if in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<&'a RequestId>,
}

/// An entry with what an auditor will ask next. Never a secret, nor anything that somebody typed freely.
#[derive(Clone, Debug, Serialize)]
pub struct Detailed<'a> {
    #[serde(flatten)]
    entry: Entry<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    about: BTreeMap<&'static str, String>,
}

impl<'a> Entry<'a> {
    /// Also tells these facts, such as the provider and the owner of what was changed.
    pub fn about(self, facts: impl IntoIterator<Item = (&'static str, String)>) -> Detailed<'a> {
        Detailed { entry: self, about: facts.into_iter().collect() }
    }
}

/// A partition that the index shows under a day.
#[derive(Clone, Debug)]
pub struct Audited {
    /// What it is called.
    pub partition: String,
    /// Whose it is; none where no function of ours would have put it there.
    pub org: Option<OrgId>,
}

impl Audited {
    fn of(name: String, day: Date, nth: u64) -> Self {
        let org: Option<OrgId> = name.split('#').next().and_then(|org| org.parse().ok());
        let org = org.filter(|org| partition(org, day) == name && shard_of(org) == nth);
        Self { partition: name, org }
    }
}

impl Store {
    /// Appends an entry to the organisation's day.
    pub async fn audit(&self, entry: &Entry<'_>) -> Result<(), Error> {
        self.audit_detailed(&entry.clone().about([])).await
    }

    /// Appends an entry with its facts.
    pub async fn audit_detailed(&self, entry: &Detailed<'_>) -> Result<(), Error> {
        let put = self.client().put_item().table_name(self.table(Table::Audit)).set_item(Some(self.entry_row(entry)?));
        put_new(put, &Attempt::new()).await.map(|_| ())
    }

    /// Appends an entry as one step of the transaction that does what it tells of. Its row is new by its random key, so it
    /// asks for no condition that could fail the rest.
    pub(crate) fn audited(&self, entry: &Detailed<'_>) -> Result<TransactWriteItem, Error> {
        let put = Put::builder().table_name(self.table(Table::Audit)).set_item(Some(self.entry_row(entry)?)).build();
        Ok(TransactWriteItem::builder().put(put.map_err(|error| Error::Failed(error.to_string()))?).build())
    }

    /// The day is the writer's own at the moment of writing.
    fn entry_row(&self, entry: &Detailed<'_>) -> Result<Item, Error> {
        let now = self.clock().now();
        let (org, day) = (entry.entry.org, day_of(now));
        let mut row: Item = serde_dynamo::to_item(entry)?;
        row.insert("pk".to_owned(), text(partition(org, day)));
        row.insert("sk".to_owned(), text(key::join(&[&now.as_microsecond().to_string(), &random_token()])));
        row.insert("at".to_owned(), text(now.to_string()));
        row.insert("day".to_owned(), text(shard(day, shard_of(org))));
        Ok(row)
    }

    /// The partition with entries of this day that follows `after` in one shard of the index: one small query each, however
    /// many entries it has.
    pub async fn next_audited(&self, day: Date, nth: u64, after: Option<&Audited>) -> Result<Option<Audited>, Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Audit))
            .index_name("day")
            .key_condition_expression("#day = :day AND pk > :after")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", text(shard(day, nth)))
            .expression_attribute_values(":after", text(after.map_or("#", |audited| &audited.partition)))
            .limit(1);
        let found = query.send().await?.items.unwrap_or_default().into_iter().next();
        Ok(found.and_then(|row| string(&row, "pk")).map(|pk| Audited::of(pk, day, nth)))
    }

    /// A page of an organisation's entries of a day, in order of time, and where the next one starts.
    pub(crate) async fn entries(
        &self,
        org: &OrgId,
        day: Date,
        start: Option<Item>,
    ) -> Result<(Vec<Item>, Option<Item>), Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Audit))
            .key_condition_expression("pk = :day")
            .expression_attribute_values(":day", text(partition(org, day)))
            .set_exclusive_start_key(start)
            .consistent_read(true);
        let answer = query.send().await?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

/// The day of a moment, in UTC.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn partition(org: &OrgId, day: Date) -> String {
    key::join(&[org.as_str(), &day.to_string()])
}

fn shard(day: Date, nth: u64) -> String {
    key::join(&[&day.to_string(), &nth.to_string()])
}

/// The shard that an organisation is in.
fn shard_of(org: &OrgId) -> u64 {
    let hash = org.as_str().bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    hash % SHARDS
}
