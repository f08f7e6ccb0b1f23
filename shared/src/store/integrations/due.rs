//! The index of what is due: sparse, sharded, keys only.

use super::{Integrations, keys};
use crate::store::{Error, Table, key::Key, string, text};

/// A row that the index calls due. The index lags: the row itself decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The row.
    pub key: Key,
    /// When, as the index has it.
    pub sort: String,
}

impl Integrations<'_> {
    /// What of one shard is due by `now`, oldest first; `after` goes on behind an earlier answer.
    pub async fn due(&self, shard: u8, now: i64, limit: i32, after: Option<&Due>) -> Result<Vec<Due>, Error> {
        let partition = keys::due_partition(shard);
        let start = after.map(|due| {
            let mut item = due.key.item();
            item.insert("due_pk".to_owned(), text(&partition));
            item.insert("due_sk".to_owned(), text(&due.sort));
            item
        });
        let answer = self
            .0
            .client()
            .query()
            .table_name(self.0.table(Table::Integrations))
            .index_name("due")
            .key_condition_expression("due_pk = :shard AND due_sk < :end")
            .expression_attribute_values(":shard", text(&partition))
            .expression_attribute_values(":end", text(keys::moment(now + 1)))
            .limit(limit)
            .set_exclusive_start_key(start)
            .send()
            .await?;
        let found = answer.items.unwrap_or_default();
        let due = |item| {
            let sort = string(item, "due_sk")?;
            Some(Due { key: Key::of(item)?, sort })
        };
        Ok(found.iter().filter_map(due).collect())
    }
}
