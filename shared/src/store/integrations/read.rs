//! Reading integrations: one, one owner's, those of one account.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Integration, Integrations, Slot, keys};
use crate::{
    auth::Tenant,
    id::IntegrationId,
    store::{Error, Table, key::Key, text},
};

/// Some of a list, and where it goes on.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Where the next page begins; none if this was the last. It holds no tenant: that comes from the caller.
    pub next: Option<String>,
}

impl Integrations<'_> {
    /// The connection in this slot. A consistent read, for the price of one unit instead of a half: what was connected,
    /// refreshed or disconnected a moment ago is seen, and a refresher learns the grant it may lease.
    pub async fn get(&self, tenant: &Tenant, slot: &Slot) -> Result<Option<Integration>, Error> {
        Ok(self.row(&slot.key(tenant)).await?.filter(|row| row.disconnected_at.is_none()))
    }

    /// What stands in a row that a job was told of, tombstones included.
    pub async fn row(&self, key: &Key) -> Result<Option<Integration>, Error> {
        let get = self.0.client().get_item().table_name(self.0.table(Table::Integrations)).consistent_read(true);
        let found = get.set_key(Some(key.item())).send().await?.item;
        found.map(Integration::read).transpose()
    }

    /// One owner's connections, in order of provider and label.
    pub async fn list(
        &self,
        tenant: &Tenant,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Page<Integration>, Error> {
        let pk = keys::partition(tenant);
        let mut start = after.map(|sk| Key { pk: pk.clone(), sk: sk.to_owned() }.item());
        let mut items = Vec::new();
        loop {
            let wanted = i32::try_from(limit - items.len()).unwrap_or(i32::MAX);
            let query = self
                .0
                .client()
                .query()
                .table_name(self.0.table(Table::Integrations))
                .key_condition_expression("pk = :pk AND begins_with(sk, :provider)")
                .filter_expression("attribute_not_exists(disconnected_at)")
                .expression_attribute_values(":pk", text(&pk))
                .expression_attribute_values(":provider", text("p#"))
                .consistent_read(true)
                .limit(wanted.max(1));
            let answer = query.set_exclusive_start_key(start).send().await?;
            for item in answer.items.unwrap_or_default() {
                items.push(Integration::read(item)?);
            }
            start = answer.last_evaluated_key;
            let Some(last) = &start else { return Ok(Page { items, next: None }) };
            if items.len() >= limit {
                return Ok(Page { items, next: Key::of(last).map(|key| key.sk) });
            }
        }
    }

    /// The owner's connection of that id. An owner has few, so that an index for it would cost more than it saves.
    pub async fn by_id(&self, tenant: &Tenant, id: &IntegrationId) -> Result<Option<Integration>, Error> {
        let mut after = None;
        loop {
            let page = self.list(tenant, 100, after.as_deref()).await?;
            if let Some(found) = page.items.into_iter().find(|integration| integration.id == *id) {
                return Ok(Some(found));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Whether another live connection stands on the same account at the same authorization server by the same client.
    pub async fn account_is_shared(
        &self,
        family: &str,
        client: &str,
        account: &str,
        gone: &IntegrationId,
    ) -> Result<bool, Error> {
        let mut start: Option<HashMap<String, AttributeValue>> = None;
        loop {
            let query = self
                .0
                .client()
                .query()
                .table_name(self.0.table(Table::Integrations))
                .index_name("account")
                .key_condition_expression("account_pk = :account AND begins_with(account_sk, :client)")
                .expression_attribute_values(":account", text(keys::account_partition(family, account)))
                .expression_attribute_values(":client", text(keys::account_sort(client, "")));
            let answer = query.set_exclusive_start_key(start).send().await?;
            for key in answer.items.unwrap_or_default().iter().filter_map(Key::of) {
                // The index lags behind, the row does not.
                let row = self.row(&key).await?;
                if row.is_some_and(|row| row.disconnected_at.is_none() && row.id != *gone) {
                    return Ok(true);
                }
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(false);
            }
        }
    }
}
