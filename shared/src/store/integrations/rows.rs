//! Reading and changing rows. A tombstone counts as nothing, except for whoever connects anew.

use std::borrow::Cow;

use aws_sdk_dynamodb::{error::SdkError, types::TransactWriteItem};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use super::{Integration, account_of, attribute as at, due, key_of, partition, protocol};
use crate::{
    auth::Tenant,
    http::{Code, Error as HttpError},
    id::IntegrationId,
    store::{
        Error, Item, Store, Table, Written,
        audit::Detailed,
        expression::{Change, Condition, Row, Value, Write, dynamodb::refused_or_landed},
        key::{self, Key},
        string, text,
    },
};

/// So many records make a page.
pub(super) const PAGE: i32 = 50;

/// The way to integrations.
pub struct Integrations<'a>(&'a Store);

/// Some of a list, and where it goes on.
pub struct Page {
    /// The records.
    pub items: Vec<Integration>,
    /// Where the next page starts; it holds no key of anybody's, the partition comes from the caller's tenant.
    pub cursor: Option<String>,
}

/// A row that the index calls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The row.
    pub key: Key,
    /// Its place in the index: the time, then the id.
    sort: String,
}

impl Due {
    /// The provider's slug, as it stands in the key.
    pub fn provider(&self) -> &str {
        self.key.sk.split('#').nth(1).unwrap_or_default()
    }
}

impl Store {
    /// The way to integrations.
    pub fn integrations(&self) -> Integrations<'_> {
        Integrations(self)
    }
}

impl Integrations<'_> {
    /// The integration in a slot, as it is at this moment.
    pub async fn get(&self, tenant: &Tenant, provider: &str, label: &str) -> Result<Option<Integration>, Error> {
        self.at(&key_of(tenant.org(), tenant.owner().as_str(), provider, label), true).await
    }

    /// The integration in a slot, as it was a moment ago at the most: half the price of [`Self::get`]. Whoever goes on
    /// to write finds out by the write's condition.
    pub(crate) async fn glance(
        &self,
        tenant: &Tenant,
        provider: &str,
        label: &str,
    ) -> Result<Option<Integration>, Error> {
        self.at(&key_of(tenant.org(), tenant.owner().as_str(), provider, label), false).await
    }

    /// The integration at a key.
    pub(crate) async fn at(&self, key: &Key, consistent: bool) -> Result<Option<Integration>, Error> {
        let found = self.row(key, consistent).await?.map(Integration::of).transpose()?;
        Ok(found.filter(|integration| !integration.view.disconnected))
    }

    /// The row at a key, tombstones too.
    pub(crate) async fn row(&self, key: &Key, consistent: bool) -> Result<Option<Item>, Error> {
        let answer = self
            .0
            .client()
            .get_item()
            .table_name(self.0.table(Table::Integrations))
            .set_key(Some(key.item()))
            .consistent_read(consistent)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// A page of the tenant's integrations.
    pub async fn list(&self, tenant: &Tenant, cursor: Option<&str>) -> Result<Page, HttpError> {
        let start = cursor.map(|cursor| {
            let decoded = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let ours = decoded.filter(|sk| sk.starts_with("p#") && sk.len() <= 1024);
            ours.ok_or_else(|| HttpError::new(Code::Malformed, "This cursor is none of ours"))
        });
        let (items, last) = self.page(tenant, start.transpose()?).await?;
        Ok(Page { items, cursor: last.map(|sk| BASE64_URL_SAFE_NO_PAD.encode(sk)) })
    }

    /// All of the tenant's integrations. A person has some dozens.
    pub async fn all(&self, tenant: &Tenant) -> Result<Vec<Integration>, Error> {
        let (mut all, mut start) = (Vec::new(), None);
        loop {
            let (items, last) = self.page(tenant, start).await?;
            all.extend(items);
            if last.is_none() {
                return Ok(all);
            }
            start = last;
        }
    }

    /// The tenant's integration of this id.
    pub async fn by_id(&self, tenant: &Tenant, id: &IntegrationId) -> Result<Option<Integration>, Error> {
        Ok(self.all(tenant).await?.into_iter().find(|integration| integration.id == *id))
    }

    async fn page(&self, tenant: &Tenant, start: Option<String>) -> Result<(Vec<Integration>, Option<String>), Error> {
        let pk = partition(tenant.org(), tenant.owner().as_str());
        let start = start.map(|sk| Key { pk: pk.clone(), sk }.item());
        let answer = self
            .0
            .client()
            .query()
            .table_name(self.0.table(Table::Integrations))
            .key_condition_expression("pk = :pk AND begins_with(sk, :p)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":p", text("p#"))
            .set_exclusive_start_key(start)
            .limit(PAGE)
            .consistent_read(true)
            .send()
            .await?;
        let last = answer.last_evaluated_key.as_ref().and_then(Key::of).map(|key| key.sk);
        // One that is not understood hides no other.
        let read = |item| {
            Integration::of(item).inspect_err(|error| tracing::error!(%error, "an integration is left out")).ok()
        };
        let items = answer.items.unwrap_or_default().into_iter().filter_map(read);
        Ok((items.filter(|integration| !integration.view.disconnected).collect(), last))
    }

    /// What of one shard of the index is due by `now`, oldest first, behind `after`. The index lags: the row decides.
    pub async fn due(&self, shard: u64, now: i64, limit: i32, after: Option<&Due>) -> Result<Vec<Due>, Error> {
        let partition = due::partition(shard);
        let start = after.map(|due| {
            let index = [(at::DUE_PK, &partition), (at::DUE_SK, &due.sort)];
            due.key.item().into_iter().chain(index.map(|(name, value)| (name.to_owned(), text(value)))).collect()
        });
        let query = self
            .0
            .client()
            .query()
            .table_name(self.0.table(Table::Integrations))
            .index_name("due")
            .key_condition_expression("due_pk = :shard AND due_sk < :end")
            .expression_attribute_values(":shard", text(&partition))
            .expression_attribute_values(":end", text(due::moment(now + 1)))
            .limit(limit);
        let found = query.set_exclusive_start_key(start).send().await?.items.unwrap_or_default();
        let due = |item| Some(Due { key: Key::of(item)?, sort: string(item, at::DUE_SK)? });
        Ok(found.iter().filter_map(due).collect())
    }

    /// The row that the index called due, where it still is: with its tombstones gone and its time unchanged.
    pub async fn still_due(&self, due: &Due) -> Result<Option<Integration>, Error> {
        let row = self.row(&due.key, true).await?.filter(|row| string(row, at::DUE_SK).as_ref() == Some(&due.sort));
        Ok(row.map(Integration::of).transpose()?.filter(|integration| !integration.view.disconnected))
    }

    /// Says when to look again, unless the grant or the time has moved since.
    pub async fn postpone(&self, integration: &Integration, due: &Due, at: Option<i64>) -> Result<(), Error> {
        let entry = due::entry(integration.id.as_str(), at);
        let write = protocol::postpone(integration.view.grant, &due.sort, entry);
        self.apply(&integration.key(), &write).await.map(|_| ())
    }

    /// Whether another live connection stands on this account at the same authorization server, by the same client.
    pub(crate) async fn account_is_shared(
        &self,
        family: &str,
        account: &str,
        client: &str,
        gone: &IntegrationId,
    ) -> Result<bool, Error> {
        let mut start = None;
        loop {
            let query = self
                .0
                .client()
                .query()
                .table_name(self.0.table(Table::Integrations))
                .index_name("account")
                .key_condition_expression("account_pk = :account AND begins_with(account_sk, :client)")
                .expression_attribute_values(":account", text(account_of(family, account)))
                .expression_attribute_values(":client", text(key::join(&[client, ""])));
            let answer = query.set_exclusive_start_key(start).send().await?;
            for key in answer.items.unwrap_or_default().iter().filter_map(Key::of) {
                let live = self.at(&key, true).await?;
                if live.is_some_and(|integration| integration.id != *gone) {
                    return Ok(true);
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(false);
            }
        }
    }

    /// Does one of the protocol's writes on a bare row, and says whether it was done and what the row is like: for the
    /// test that holds the model against the store.
    pub async fn replay(&self, key: &Key, write: &Write) -> Result<(bool, Option<Row>), Error> {
        let (done, item) = match self.apply(key, write).await? {
            Written::Yes(item) => (true, Some(item)),
            Written::No(item) => (false, item),
        };
        let attribute = |(name, value)| Some((Cow::Owned(name), Value::read(&value)?));
        Ok((done, item.map(|item| item.into_iter().filter_map(attribute).collect())))
    }

    /// Changes two rows and appends the entry that tells of it: all or nothing.
    pub(crate) async fn change_both(
        &self,
        one: (&Key, &Write),
        other: (&Key, &Write),
        entry: &Detailed<'_>,
    ) -> Result<bool, Error> {
        let table = || self.0.table(Table::Integrations);
        let updates = [one.1.in_transaction(table(), one.0)?, other.1.in_transaction(table(), other.0)?];
        let mut steps = Vec::from(updates.map(|update| TransactWriteItem::builder().update(update).build()));
        steps.push(self.0.audited(entry)?);
        match self.0.client().transact_write_items().set_transact_items(Some(steps)).send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_transaction_canceled_exception() => {
                let found = self.row(one.0, true).await?;
                Ok(matches!(refused_or_landed(one.1, found), Written::Yes(_)))
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn store(&self) -> &Store {
        self.0
    }

    pub(super) fn now(&self) -> i64 {
        self.0.clock().epoch()
    }

    /// Does a conditional write to an integration's row.
    pub(crate) async fn apply(&self, key: &Key, write: &Write) -> Result<Written, Error> {
        self.0.apply(Table::Integrations, key, write).await
    }

    /// Notes that it was tested.
    pub async fn touch_tested(&self, integration: &Integration) -> Result<(), Error> {
        // A note about a grant that is gone by now is not worth taking.
        let same = Condition::Is(at::GRANT, integration.view.grant.into());
        let change = Change::new().set(at::LAST_TESTED_AT, self.now());
        self.apply(&integration.key(), &Write::new(same, change)).await.map(|_| ())
    }

    /// Notes that it was lent, and when it is due from now on. Of many who lend it at the same moment, one does.
    pub(crate) async fn touch_used(&self, integration: &Integration, due: Change) -> Result<(), Error> {
        let unnoted = match integration.last_used_at {
            Some(seen) => Condition::Is(at::LAST_USED_AT, seen.as_second().into()),
            None => Condition::Absent(at::LAST_USED_AT),
        };
        let condition = Condition::Is(at::GRANT, integration.view.grant.into()).and(unnoted);
        let change = due.set(at::LAST_USED_AT, self.now());
        self.apply(&integration.key(), &Write::new(condition, change)).await.map(|_| ())
    }
}
