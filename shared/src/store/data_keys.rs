//! Wrapped data keys: one row an organisation and purpose, with all its versions.
//!
//! One row, so that making the first key, adding a version and raising the lowest accepted one are each a single
//! conditional write, and a cold reader needs a single `GetItem`. Nothing in here can open what it stores.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    primitives::Blob,
    types::{AttributeValue, ReturnValue},
};
use serde::{Deserialize, Serialize};

use super::{Attempt, Error, Item, Store, Table, Written, key, number, put_new, read, text, update};
use crate::{id::OrgId, vault::Purpose};

const SORT_KEY: &str = "data-key";

/// The versions of one data key, wrapped. Empty where none has been made yet.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct DataKeys {
    /// What seals.
    pub(crate) current: u32,
    /// What still opens at least.
    pub(crate) lowest: u32,
    /// When the current version was added; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rotated_at: Option<i64>,
    /// Whether a rotation's work is still under way: values are to be sealed again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unfinished: bool,
    versions: BTreeMap<u32, Wrapped>,
}

#[derive(Clone, Deserialize, Serialize)]
#[serde(transparent)]
struct Wrapped(#[serde(with = "super::binary")] Vec<u8>);

impl DataKeys {
    fn first(wrapped: Vec<u8>) -> Self {
        Self {
            current: 1,
            lowest: 1,
            rotated_at: None,
            unfinished: false,
            versions: BTreeMap::from([(1, Wrapped(wrapped))]),
        }
    }

    /// Whether none has been made yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }

    /// One version, wrapped.
    pub(crate) fn wrapped(&self, version: u32) -> Option<&[u8]> {
        self.versions.get(&version).map(|wrapped| &*wrapped.0)
    }

    /// All versions there are, wrapped.
    pub(crate) fn versions(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.versions.iter().map(|(version, wrapped)| (*version, &*wrapped.0))
    }
}

impl Store {
    /// The data keys as they are now: a consistent read, since another instance may have made or rotated them just now.
    pub(crate) async fn data_keys(&self, org: &OrgId, purpose: Purpose) -> Result<DataKeys, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Keys)).consistent_read(true);
        let found = get.set_key(Some(row(org, purpose))).send().await?.item;
        found.map_or_else(|| Ok(DataKeys::default()), whole)
    }

    /// Stores the first version, unless another instance did: then that one's is the answer.
    pub(crate) async fn first_data_key(
        &self,
        org: &OrgId,
        purpose: Purpose,
        wrapped: Vec<u8>,
    ) -> Result<(DataKeys, Whose), Error> {
        let ours = DataKeys::first(wrapped);
        let mut item: Item = serde_dynamo::to_item(&ours)?;
        item.extend(row(org, purpose));
        let put = self.client().put_item().table_name(self.table(Table::Keys)).set_item(Some(item));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok((ours, Whose::Ours)),
            Written::No(Some(theirs)) => Ok((whole(theirs)?, Whose::Theirs)),
            Written::No(None) => Ok((self.data_keys(org, purpose).await?, Whose::Theirs)),
        }
    }

    /// Adds the version after `current` and makes it the current one. False where `current` no longer is that.
    pub(crate) async fn next_data_key(
        &self,
        org: &OrgId,
        purpose: Purpose,
        current: u32,
        wrapped: Vec<u8>,
    ) -> Result<bool, Error> {
        let next = current + 1;
        let change = self
            .change_data_keys(org, purpose)
            .update_expression(
                "SET #current = :next, #versions.#version = :wrapped, rotated_at = :now, unfinished = :yes, attempt = :attempt",
            )
            .condition_expression("#current = :current")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#versions", "versions")
            .expression_attribute_names("#version", next.to_string())
            .expression_attribute_values(":current", number(current))
            .expression_attribute_values(":next", number(next))
            .expression_attribute_values(":now", number(self.clock().epoch()))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":wrapped", binary(wrapped));
        update(change, &Attempt::new()).await.map(took)
    }

    /// Puts another wrapping of the same key in the place of `from`. False where `from` no longer stands there.
    pub(crate) async fn rewrapped_data_key(
        &self,
        org: &OrgId,
        purpose: Purpose,
        version: u32,
        from: &[u8],
        to: Vec<u8>,
    ) -> Result<bool, Error> {
        let change = self
            .change_data_keys(org, purpose)
            .update_expression("SET #versions.#version = :to, attempt = :attempt")
            .condition_expression("#versions.#version = :from")
            .expression_attribute_names("#versions", "versions")
            .expression_attribute_names("#version", version.to_string())
            .expression_attribute_values(":from", binary(from))
            .expression_attribute_values(":to", binary(to));
        update(change, &Attempt::new()).await.map(took)
    }

    /// Raises the lowest version that is accepted. False where it is higher already, or no such version exists.
    pub(crate) async fn raise_data_keys(&self, org: &OrgId, purpose: Purpose, lowest: u32) -> Result<bool, Error> {
        let change = self
            .change_data_keys(org, purpose)
            .update_expression("SET #lowest = :lowest, attempt = :attempt")
            .condition_expression("#lowest <= :lowest AND #current >= :lowest")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#lowest", "lowest")
            .expression_attribute_values(":lowest", number(lowest));
        update(change, &Attempt::new()).await.map(took)
    }

    /// Notes that nothing is sealed with an older version than `current` any more. False where there is a newer one.
    pub(crate) async fn finish_rotation(&self, org: &OrgId, purpose: Purpose, current: u32) -> Result<bool, Error> {
        let change = self
            .change_data_keys(org, purpose)
            .update_expression("SET attempt = :attempt REMOVE unfinished")
            .condition_expression("#current = :current")
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":current", number(current));
        update(change, &Attempt::new()).await.map(took)
    }

    /// Deletes all versions. False where there were none.
    pub(crate) async fn forget_data_keys(&self, org: &OrgId, purpose: Purpose) -> Result<bool, Error> {
        let delete = self.client().delete_item().table_name(self.table(Table::Keys)).set_key(Some(row(org, purpose)));
        let answer = delete.return_values(ReturnValue::AllOld).send().await?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }

    fn change_data_keys(&self, org: &OrgId, purpose: Purpose) -> UpdateItemFluentBuilder {
        self.client().update_item().table_name(self.table(Table::Keys)).set_key(Some(row(org, purpose)))
    }
}

/// Who made a data key that is now the one.
pub(crate) enum Whose {
    /// We did.
    Ours,
    /// Another instance was first.
    Theirs,
}

fn row(org: &OrgId, purpose: Purpose) -> Item {
    let partition = key::join(&[org.as_str(), purpose.as_str()]);
    Item::from([("pk".to_owned(), text(partition)), ("sk".to_owned(), text(SORT_KEY))])
}

fn binary(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// Reads a row that is there. One without its current version would pass for one that is yet to be made.
pub(super) fn whole(item: Item) -> Result<DataKeys, Error> {
    let keys: DataKeys = read(item)?;
    if keys.wrapped(keys.current).is_none() || keys.lowest > keys.current {
        return Err(Error::Unreadable("a data key lacks its current version".to_owned()));
    }
    Ok(keys)
}

/// Whether a change took place.
#[expect(clippy::needless_pass_by_value, reason = "it maps a result")]
fn took(written: Written) -> bool {
    matches!(written, Written::Yes(_))
}
