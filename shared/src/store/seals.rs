//! Seals of the audit trail: one a day and organisation, and one a day over all of them.
//!
//! The table is the sealer's alone: nobody who writes entries may write here. A seal is written once and never changed.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Attempt, Error, Item, Store, Table, Written, put_new, read, text};
use crate::id::OrgId;

/// The partition of the days' own seals. No organisation is called that.
const DAYS: &str = "day";

/// What one organisation's day came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Whose entries.
    pub org: OrgId,
    /// Of which day.
    pub day: Date,
    /// How many.
    pub count: u64,
    /// The hash that they chain up to, hexadecimal.
    pub head: String,
    /// The day of the seal before this one; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_day: Option<Date>,
    /// That seal's head, from which this day's chain starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_head: Option<String>,
    /// When it was sealed. Signed, so that a seal that was made anew cannot pass for the first.
    pub sealed_at: Timestamp,
    /// The signature over all of it, hexadecimal.
    pub signature: String,
}

/// What a day came to, over all organisations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DaySeal {
    /// Which day.
    pub day: Date,
    /// How many organisations have a seal of it.
    pub organisations: u64,
    /// How many entries those count.
    pub entries: u64,
    /// The day of the one before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_day: Option<Date>,
    /// Its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_signature: Option<String>,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// The signature over all of it, hexadecimal.
    pub signature: String,
}

impl Store {
    /// An organisation's last seal before a day.
    pub(crate) async fn seal_before(&self, org: &OrgId, day: Date) -> Result<Option<Seal>, Error> {
        self.last_before(org.as_str(), day).await?.map(read).transpose()
    }

    /// The seal of an organisation's day.
    pub(crate) async fn seal_of(&self, org: &OrgId, day: Date) -> Result<Option<Seal>, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Seals)).consistent_read(true);
        let found = get.key("pk", text(org.as_str())).key("sk", text(day.to_string())).send().await?.item;
        found.map(read).transpose()
    }

    /// Keeps a seal, unless there is one: then that is the answer.
    pub(crate) async fn keep_seal(&self, seal: &Seal) -> Result<Seal, Error> {
        self.keep(seal.org.as_str(), seal.day, seal).await
    }

    /// The last day's seal before a day.
    pub(crate) async fn day_sealed_before(&self, day: Date) -> Result<Option<DaySeal>, Error> {
        self.last_before(DAYS, day).await?.map(read).transpose()
    }

    /// Keeps a day's seal, unless there is one: then that is the answer.
    pub(crate) async fn keep_day(&self, seal: &DaySeal) -> Result<DaySeal, Error> {
        self.keep(DAYS, seal.day, seal).await
    }

    /// A page of an organisation's seals in order, and where the next one starts.
    pub(crate) async fn seals(&self, org: &OrgId, start: Option<Item>) -> Result<(Vec<Seal>, Option<Item>), Error> {
        self.page(org.as_str(), start).await
    }

    /// A page of the days' seals in order, and where the next one starts.
    pub(crate) async fn days(&self, start: Option<Item>) -> Result<(Vec<DaySeal>, Option<Item>), Error> {
        self.page(DAYS, start).await
    }

    async fn last_before(&self, pk: &str, day: Date) -> Result<Option<Item>, Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Seals))
            .key_condition_expression("pk = :pk AND sk < :day")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":day", text(day.to_string()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(1);
        Ok(query.send().await?.items.unwrap_or_default().into_iter().next())
    }

    async fn keep<T>(&self, pk: &str, day: Date, seal: &T) -> Result<T, Error>
    where
        T: Clone + Serialize + serde::de::DeserializeOwned,
    {
        let item: Item = serde_dynamo::to_item(seal)?;
        let put = self.client().put_item().table_name(self.table(Table::Seals)).set_item(Some(item));
        let put = put.item("pk", text(pk)).item("sk", text(day.to_string()));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok(seal.clone()),
            Written::No(Some(theirs)) => read(theirs),
            Written::No(None) => Err(Error::Failed("a seal is there and cannot be read".to_owned())),
        }
    }

    async fn page<T: serde::de::DeserializeOwned>(
        &self,
        pk: &str,
        start: Option<Item>,
    ) -> Result<(Vec<T>, Option<Item>), Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Seals))
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(pk))
            .set_exclusive_start_key(start)
            .consistent_read(true);
        let answer = query.send().await?;
        let seals = answer.items.unwrap_or_default().into_iter().map(read).collect::<Result<_, _>>()?;
        Ok((seals, answer.last_evaluated_key))
    }
}
