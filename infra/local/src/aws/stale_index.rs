//! An index, or a read that does not ask to be consistent, that lags behind its table, as DynamoDB's may: the emulator's
//! never do by themselves.
//!
//! What is frozen is asked of a copy of its table, made at the moment of freezing.

use std::sync::PoisonError;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use dynoxide::ImportOptions;
use serde_json::{Value, json};

use super::{
    StartError,
    dynamodb::{Engine, creation, failed, request},
};
use crate::template::Table;

/// An index whose queries are answered by another table; without a name, the table's own reads.
pub(super) struct Frozen {
    table: String,
    index: String,
    copy: String,
}

impl Engine {
    /// From now on queries of this index see the table as it is at this moment.
    pub(super) fn freeze(&self, table: &str, index: &str) -> Result<(), StartError> {
        let Some(declared) = self.tables.iter().find(|declared| declared.name == table) else {
            return Err(failed(format!("there is no table {table}")));
        };
        self.thaw(table, index)?;
        let copy = format!("{table}.{index}.frozen");
        self.database
            .create_table(request(creation(&Table { name: copy.clone(), ..declared.clone() }))?)
            .map_err(failed)?;
        let mut from = Value::Null;
        loop {
            let mut scan = json!({ "TableName": table });
            if !from.is_null() {
                scan["ExclusiveStartKey"] = from;
            }
            let page = self.database.scan(request(scan)?).map_err(failed)?;
            let mut page = serde_json::to_value(&page).map_err(failed)?;
            let items = request(page["Items"].take())?;
            self.database.import_items(&copy, items, ImportOptions::default()).map_err(failed)?;
            from = page["LastEvaluatedKey"].take();
            if from.is_null() {
                break;
            }
        }
        let frozen = Frozen { table: table.to_owned(), index: index.to_owned(), copy };
        self.frozen.write().unwrap_or_else(PoisonError::into_inner).push(frozen);
        Ok(())
    }

    /// Queries of this index see the table again.
    pub(super) fn thaw(&self, table: &str, index: &str) -> Result<(), StartError> {
        let mut all = self.frozen.write().unwrap_or_else(PoisonError::into_inner);
        while let Some(place) = all.iter().position(|frozen| frozen.table == table && frozen.index == index) {
            let Frozen { copy, .. } = all.swap_remove(place);
            self.database.delete_table(request(json!({ "TableName": copy }))?).map_err(failed)?;
        }
        Ok(())
    }

    /// Points a query of a frozen index, or a lagging read, to its copy.
    pub(super) fn divert(&self, query: &mut HttpRequest) {
        let all = self.frozen.read().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(query.body().bytes().unwrap_or_default()) else { return };
        let lags = body["ConsistentRead"] != true && body["IndexName"].is_null();
        let concerned = |frozen: &&Frozen| {
            let same = if frozen.index.is_empty() { lags } else { body["IndexName"] == frozen.index.as_str() };
            body["TableName"] == frozen.table.as_str() && same
        };
        let Some(frozen) = all.iter().find(concerned) else { return };
        body["TableName"] = frozen.copy.clone().into();
        let body = body.to_string();
        query.headers_mut().insert("content-length", body.len().to_string());
        *query.body_mut() = SdkBody::from(body);
    }
}
