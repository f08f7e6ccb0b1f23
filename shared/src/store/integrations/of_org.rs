//! All live integrations of an organisation, by the sparse index `org`: keys only, so each row is read for itself.

use aws_sdk_dynamodb::types::Select;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Integration, Integrations, Page, attribute as at};
use crate::{
    auth::Tenant,
    http::{Code, Error as HttpError},
    id::OrgId,
    store::{
        Error, Table,
        key::{self, Key},
        string, text,
    },
};

/// So many rows are read at once.
const AT_ONCE: usize = 8;

/// The organisation's partition of the index.
pub(super) fn partition(org: &OrgId) -> String {
    key::join(&["org", org.as_str()])
}

/// A row's place in it: by owner, then as the table has it.
pub(super) fn sort(owner: &str, sk: &str) -> String {
    format!("{}#{sk}", key::join(&[owner]))
}

impl Integrations<'_> {
    /// A page of the integrations of the tenant's organisation, whoever owns them, by owner. The index lags: what was
    /// disconnected a moment ago is left out, what was connected a moment ago may be.
    pub async fn of_org(&self, tenant: &Tenant, cursor: Option<&str>) -> Result<Page, HttpError> {
        let start = cursor.map(|cursor| place(tenant.org(), cursor)).transpose()?;
        let answer = self
            .store()
            .client()
            .query()
            .table_name(self.store().table(Table::Integrations))
            .index_name("org")
            .key_condition_expression("org_pk = :org")
            .expression_attribute_values(":org", text(partition(tenant.org())))
            .set_exclusive_start_key(start)
            .limit(super::rows::PAGE)
            .send()
            .await
            .map_err(Error::from)?;
        let cursor = answer.last_evaluated_key.as_ref().and_then(|last| string(last, at::ORG_SK));
        let keys: Vec<Key> = answer.items.unwrap_or_default().iter().filter_map(Key::of).collect();
        let rows = stream::iter(keys).map(|key| async move { self.at(&key, false).await }).buffered(AT_ONCE);
        let items: Vec<Option<Integration>> = rows.try_collect().await?;
        Ok(Page {
            items: items.into_iter().flatten().collect(),
            cursor: cursor.map(|sort| BASE64_URL_SAFE_NO_PAD.encode(sort)),
        })
    }

    /// Whether the tenant's organisation has so many integrations, whoever owns them, or more. As late as the index.
    pub async fn org_has(&self, tenant: &Tenant, many: usize) -> Result<bool, Error> {
        let (mut counted, mut start) = (0, None);
        while counted < many {
            let answer = self
                .store()
                .client()
                .query()
                .table_name(self.store().table(Table::Integrations))
                .index_name("org")
                .select(Select::Count)
                .key_condition_expression("org_pk = :org")
                .expression_attribute_values(":org", text(partition(tenant.org())))
                .set_exclusive_start_key(start)
                .limit(i32::try_from(many - counted).unwrap_or(i32::MAX))
                .send()
                .await?;
            counted += usize::try_from(answer.count()).unwrap_or_default();
            if answer.last_evaluated_key.is_none() {
                break;
            }
            start = answer.last_evaluated_key;
        }
        Ok(counted >= many)
    }
}

/// Where a page goes on. The cursor holds the sort key alone; the organisation is the caller's.
fn place(org: &OrgId, cursor: &str) -> Result<crate::store::Item, HttpError> {
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let ours = decoded.filter(|sort| sort.len() <= 1024);
    let parts = ours.as_deref().and_then(|sort| sort.split_once('#')).filter(|(_, sk)| sk.starts_with("p#"));
    let (owner, sk) = parts.ok_or_else(|| HttpError::new(Code::Malformed, "This cursor is none of ours"))?;
    let mut item = Key { pk: super::partition(org, owner), sk: sk.to_owned() }.item();
    item.insert(at::ORG_PK.to_owned(), text(partition(org)));
    item.insert(at::ORG_SK.to_owned(), text(sort(owner, sk)));
    Ok(item)
}
