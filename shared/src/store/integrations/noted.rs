//! Changes of an integration that the audit trail tells of: both are written, or neither.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, TransactWriteItem},
};

use crate::store::{
    Error, Item, Store, Table, Written,
    audit::Detailed,
    expression::{Write, dynamodb::refused_or_landed},
    key::Key,
    timers::Revocation,
};

/// Tries before a row that others keep writing counts as busy.
const TRIES: u32 = 4;

impl Store {
    /// Changes an integration's row as [`Store::write_noted`] does, and gives the row as it is then, or as it was found where
    /// the condition did not hold.
    pub(crate) async fn change_noted(&self, key: &Key, write: &Write, entry: &Detailed<'_>) -> Result<Written, Error> {
        match self.write_noted(key, write, entry, None).await? {
            Ok(()) => {
                let row = self.integrations().row(key, true).await?;
                Ok(row.map_or(Written::No(None), Written::Yes))
            }
            Err(found) => Ok(Written::No(found)),
        }
    }

    /// Changes an integration's row, appends the entry that tells of it, and sets the timer of a revocation where there is
    /// one: all or nothing. Where the condition did not hold, the row as it was found.
    pub(crate) async fn write_noted(
        &self,
        key: &Key,
        write: &Write,
        entry: &Detailed<'_>,
        revocation: Option<&Revocation>,
    ) -> Result<Result<(), Option<Item>>, Error> {
        let update = write.in_transaction(self.table(Table::Integrations), key)?;
        let mut steps = vec![TransactWriteItem::builder().update(update).build(), self.audited(entry)?];
        if let Some(revocation) = revocation {
            let put = Put::builder().table_name(self.table(Table::Timers)).set_item(Some(revocation.item()?)).build();
            let put = put.map_err(|error| Error::Failed(error.to_string()))?;
            steps.push(TransactWriteItem::builder().put(put).build());
        }
        for tried in 1..=TRIES {
            let sent = self.client().transact_write_items().set_transact_items(Some(steps.clone())).send().await;
            let reasons = match sent {
                Ok(_) => return Ok(Ok(())),
                Err(SdkError::ServiceError(refused)) if refused.err().is_transaction_canceled_exception() => {
                    match refused.into_err() {
                        TransactWriteItemsError::TransactionCanceledException(cancelled) => {
                            cancelled.cancellation_reasons.unwrap_or_default()
                        }
                        _ => Vec::new(),
                    }
                }
                Err(error) => return Err(error.into()),
            };
            // An earlier try of this very change may have got through, its answer lost.
            match refused_or_landed(write, self.integrations().row(key, true).await?) {
                Written::Yes(_) => return Ok(Ok(())),
                Written::No(_) if met_others(&reasons) => {
                    self.clock().sleep(Duration::from_millis(20) * tried).await;
                }
                Written::No(found) => return Ok(Err(found)),
            }
        }
        Err(Error::Throttled)
    }
}

/// Whether nothing was wrong but that others were writing.
fn met_others(reasons: &[CancellationReason]) -> bool {
    !reasons.iter().any(|reason| reason.code() == Some("ConditionalCheckFailed"))
}
