//! Which rights a DynamoDB request needs: IAM counts what a transaction contains, and an index has an ARN of its own.
//!
//! This stands in the path of every read: the body is skimmed for names, and favourable verdicts are remembered.

use std::{borrow::Cow, collections::HashMap, sync::PoisonError};

use serde::{Deserialize, de::IgnoredAny};

use super::{
    Service,
    dynamodb::Engine,
    iam::{Ask, Iam},
    wire::Refusal,
};
use crate::template::{ACCOUNT, REGION};

#[derive(Deserialize)]
struct Single<'a> {
    #[serde(rename = "TableName", borrow)]
    table: Option<Cow<'a, str>>,
    #[serde(rename = "IndexName", borrow)]
    index: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(rename = "TransactItems", borrow)]
    items: Vec<HashMap<Cow<'a, str>, Single<'a>>>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(rename = "RequestItems", borrow)]
    #[expect(clippy::zero_sized_map_values, reason = "the tables' names are all that is read of this JSON object")]
    items: HashMap<Cow<'a, str>, IgnoredAny>,
}

impl Engine {
    /// Refuses unless the role may do all that the request contains.
    pub(super) fn check(&self, iam: &Iam, role: &str, operation: &str, body: &[u8]) -> Result<(), Refusal> {
        let allow = |action: &str, table: &str, index: Option<&str>| self.allow(iam, role, action, table, index);
        match operation {
            "TransactWriteItems" | "TransactGetItems" => {
                for item in parse::<Transaction<'_>>(body)?.items {
                    for (kind, single) in &item {
                        allow(transacted(kind)?, single.table.as_deref().unwrap_or_default(), None)?;
                    }
                }
                Ok(())
            }
            "BatchGetItem" | "BatchWriteItem" => {
                parse::<Batch<'_>>(body)?.items.keys().try_for_each(|table| allow(operation, table, None))
            }
            _ => {
                let single = parse::<Single<'_>>(body)?;
                allow(operation, single.table.as_deref().unwrap_or("*"), single.index.as_deref())
            }
        }
    }

    fn allow(&self, iam: &Iam, role: &str, action: &str, table: &str, index: Option<&str>) -> Result<(), Refusal> {
        let verdict = [role, action, table, index.unwrap_or_default()].join("\n");
        if self.allowed.read().unwrap_or_else(PoisonError::into_inner).contains(&verdict) {
            return Ok(());
        }
        let table_arn = arn(table);
        let resource = index.map_or_else(|| table_arn.clone(), |index| format!("{table_arn}/index/{index}"));
        iam.check(Ask { role, action: &format!("dynamodb:{action}"), resource: &resource }, &Vec::new())?;
        // A table under a customer key is read and written with the caller's right to that key.
        let key = self.tables.iter().find(|known| known.arn == table_arn).and_then(|known| known.key.as_deref());
        if let Some(key) = key {
            iam.check_key_through(Ask { role, action: "kms:Decrypt", resource: key }, Service::DynamoDb)?;
        }
        self.allowed.write().unwrap_or_else(PoisonError::into_inner).insert(verdict);
        Ok(())
    }
}

/// A transaction needs no right of its own, only those of its parts.
fn transacted(kind: &str) -> Result<&'static str, Refusal> {
    Ok(match kind {
        "Put" => "PutItem",
        "Update" => "UpdateItem",
        "Delete" => "DeleteItem",
        "ConditionCheck" => "ConditionCheckItem",
        "Get" => "GetItem",
        _ => return Err(Refusal::new("ValidationException", "no such kind of transaction item")),
    })
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new("SerializationException", "the body is not as it should be"))
}

/// Tables may be named by ARN.
fn arn(table: &str) -> String {
    if table.starts_with("arn:") {
        table.to_owned()
    } else {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}")
    }
}
