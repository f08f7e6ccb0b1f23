//! Service keys. A key is written once and never changed: it is revoked by being deleted.
//!
//! Two rows a key: one found by the key's id, with the hash, for whoever presents it; one in the organisation's
//! partition, without it, for the list.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Item, Store, Table,
    audit::{Detailed, Entry},
    key, read, text, users,
};
use crate::{
    auth::{Reach, Scope},
    id::{KeyId, OrgId, UserId},
};

/// What a key may do and for whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceKey {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub org: OrgId,
    /// What its maker calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// With which providers.
    pub providers: Reach<String>,
    /// For which users.
    pub users: Reach<UserId>,
    /// In which project alone, if in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Who made it.
    pub created_by: UserId,
    /// On which of the maker's key rings it is.
    #[serde(default)]
    pub keyring: i64,
    /// When.
    pub created_at: Timestamp,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

/// A key as whoever presents it is checked against.
#[derive(Clone, Debug, Deserialize)]
pub struct StoredKey {
    /// The hash of its secret half.
    pub hash: String,
    /// The rest.
    #[serde(flatten)]
    pub key: ServiceKey,
}

/// One page of keys, and where the next one starts.
pub struct KeyPage {
    /// In the order of their ids.
    pub keys: Vec<ServiceKey>,
    /// The last key's id, if there may be more.
    pub next: Option<KeyId>,
}

impl Store {
    /// Keeps a new key, and writes down who made it: both or neither.
    pub async fn add_key(&self, new: &ServiceKey, hash: &str, entry: &Detailed<'_>) -> Result<(), Error> {
        let attempt = Attempt::new();
        let mut by_id = users::row(&by_id(&new.id), users::SELF, new)?;
        by_id.insert("hash".to_owned(), text(hash));
        let of_org = users::row(&org_key(&new.org), &of_org(&new.id), new)?;
        let steps = vec![
            self.put_in(Table::Users, by_id, &attempt)?,
            self.put_in(Table::Users, of_org, &attempt)?,
            self.audited(entry)?,
        ];
        if self.transact(steps, &attempt).await? {
            Ok(())
        } else {
            Err(Error::Failed("two service keys drew the same id".to_owned()))
        }
    }

    /// A key by its id. `sure` reads what was written last.
    pub async fn key(&self, id: &KeyId, sure: bool) -> Result<Option<StoredKey>, Error> {
        self.row(&by_id(id), sure).await?.map(read).transpose()
    }

    /// The organisation's keys, at most `limit`, after the one given.
    pub async fn keys(&self, org: &OrgId, after: Option<&KeyId>, limit: i32) -> Result<KeyPage, Error> {
        let start =
            after.map(|id| Item::from([("pk".to_owned(), text(org_key(org))), ("sk".to_owned(), text(of_org(id)))]));
        let output = self
            .client()
            .query()
            .table_name(self.table(Table::Users))
            .key_condition_expression("pk = :org AND begins_with(sk, :key)")
            .expression_attribute_values(":org", text(org_key(org)))
            .expression_attribute_values(":key", text("KEY#"))
            .set_exclusive_start_key(start)
            .limit(limit)
            .consistent_read(true)
            .send()
            .await?;
        let more = output.last_evaluated_key.is_some();
        let keys: Vec<ServiceKey> = output.items.unwrap_or_default().into_iter().map(read).collect::<Result<_, _>>()?;
        let next = keys.last().filter(|_| more).map(|key| key.id.clone());
        Ok(KeyPage { keys, next })
    }

    /// Deletes one of the organisation's keys, and writes down who did; false where it has no such key.
    pub async fn revoke_key(&self, org: &OrgId, id: &KeyId, entry: &Entry<'_>) -> Result<bool, Error> {
        if self.key(id, true).await?.is_none_or(|stored| stored.key.org != *org) {
            return Ok(false);
        }
        let steps = vec![
            self.delete_owned(&by_id(id), users::SELF, org)?,
            self.delete_owned(&org_key(org), &of_org(id), org)?,
            self.audited(&entry.clone().about([]))?,
        ];
        // It was there a moment ago. A refusal now means that somebody else, or an earlier try of this very call whose
        // answer was lost, has deleted it.
        self.transact(steps, &Attempt::new()).await?;
        Ok(true)
    }

    fn delete_owned(&self, pk: &str, sk: &str, org: &OrgId) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder()
            .table_name(self.table(Table::Users))
            .key("pk", text(pk))
            .key("sk", text(sk))
            .condition_expression("org = :org")
            .expression_attribute_values(":org", AttributeValue::S(org.as_str().to_owned()))
            .build()
            .map_err(|error| Error::Failed(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

fn by_id(id: &KeyId) -> String {
    key::join(&["KEY", id.as_str()])
}

fn org_key(org: &OrgId) -> String {
    key::join(&["ORG", org.as_str()])
}

fn of_org(id: &KeyId) -> String {
    key::join(&["KEY", id.as_str()])
}
