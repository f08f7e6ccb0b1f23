//! Several rows in one step, whose answer may get lost.
//!
//! As with single writes, a row that carries this very attempt means that an earlier try got through.

use std::time::Duration;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{CancellationReason, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem},
};

use super::{Attempt, Error, Item, Store, Table, text, write::ATTEMPT};

/// Tries before a row that others keep writing counts as busy.
const TRIES: u32 = 4;

impl Store {
    /// Puts a row that must not be there yet, as one step of a transaction.
    pub(crate) fn put_in(&self, table: Table, mut item: Item, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        item.insert(ATTEMPT.to_owned(), text(attempt.as_str()));
        let put = Put::builder()
            .table_name(self.table(table))
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| Error::Failed(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Does all of it or nothing; false where a condition did not hold.
    pub(crate) async fn transact(&self, steps: Vec<TransactWriteItem>, attempt: &Attempt) -> Result<bool, Error> {
        for tried in 1..=TRIES {
            let sent = self.client().transact_write_items().set_transact_items(Some(steps.clone())).send().await;
            let reasons = match sent {
                Ok(_) => return Ok(true),
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
            match verdict(&reasons, attempt) {
                Some(done) => return Ok(done),
                None => self.clock().sleep(Duration::from_millis(20) * tried).await,
            }
        }
        Err(Error::Throttled)
    }
}

/// Whether it was done, was refused, or (nothing) only met others at work.
fn verdict(reasons: &[CancellationReason], attempt: &Attempt) -> Option<bool> {
    if reasons.iter().any(|reason| attempt.wrote(reason.item.as_ref())) {
        return Some(true);
    }
    reasons.iter().any(|reason| reason.code() == Some("ConditionalCheckFailed")).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: &str, attempt: Option<&Attempt>) -> CancellationReason {
        let item = attempt.map(|attempt| Item::from([(ATTEMPT.to_owned(), text(attempt.as_str()))]));
        CancellationReason::builder().code(code).set_item(item).build()
    }

    #[test]
    fn finding_ones_own_rows_is_success() {
        let (mine, other) = (Attempt::new(), Attempt::new());
        let failed = "ConditionalCheckFailed";
        assert_eq!(verdict(&[reason("None", None), reason(failed, Some(&mine))], &mine), Some(true));
        assert_eq!(verdict(&[reason("None", None), reason(failed, Some(&other))], &mine), Some(false));
        assert_eq!(verdict(&[reason("TransactionConflict", None)], &mine), None);
    }
}
