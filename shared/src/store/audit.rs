//! The audit trail: what was changed, by whom, when. Append only; entries are never changed or deleted here.

use serde::Serialize;

use super::{Attempt, Error, Store, Table, key, put_new};
use crate::id::{OrgId, RequestId, random_token};

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

impl Store {
    /// Appends an entry to the organisation's day.
    pub async fn audit(&self, entry: &Entry<'_>) -> Result<(), Error> {
        let now = self.clock().now();
        let day = now.strftime("%Y-%m-%d").to_string();
        let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(entry)?;
        let put = self
            .client()
            .put_item()
            .table_name(self.table(Table::Audit))
            .set_item(Some(item))
            .item("pk", super::text(key::join(&[entry.org.as_str(), &day])))
            .item("sk", super::text(key::join(&[&now.as_microsecond().to_string(), &random_token()])))
            .item("at", super::text(now.to_string()));
        put_new(put, &Attempt::new()).await.map(|_| ())
    }
}
