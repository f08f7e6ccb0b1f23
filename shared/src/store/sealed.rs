//! Puts a value that was sealed again in the place of the older one, in whatever row it stands. It opens nothing.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Error, Item, Store, key::Key, walk::Home};
use crate::vault::Sealed;

/// One value of a row, as it was and as it is to be.
pub(crate) struct Replaced {
    pub(crate) field: String,
    pub(crate) old: Sealed,
    pub(crate) new: Sealed,
}

impl Store {
    /// Replaces the values, all or none; false where one of them is not any more what it was. Nothing else of the row
    /// changes: no lease is lost, no edit fails.
    pub(crate) async fn replace_sealed(&self, home: Home, key: &Key, values: &[Replaced]) -> Result<bool, Error> {
        let mut update = self.client().update_item().table_name(self.table(home.table())).set_key(Some(key.item()));
        let (mut sets, mut conditions) = (Vec::new(), Vec::new());
        for (nth, value) in values.iter().enumerate() {
            sets.push(format!("#f{nth} = :n{nth}"));
            conditions.push(format!("#f{nth} = :o{nth}"));
            update = update
                .expression_attribute_names(format!("#f{nth}"), &value.field)
                .expression_attribute_values(format!(":n{nth}"), AttributeValue::from(&value.new))
                .expression_attribute_values(format!(":o{nth}"), AttributeValue::from(&value.old));
        }
        let sent = update
            .update_expression(format!("SET {}", sets.join(", ")))
            .condition_expression(conditions.join(" AND "))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(found) = refused.into_err() else {
                    return Ok(false);
                };
                // The new values are random: found there, it was this very write whose answer was lost.
                Ok(found.item.is_some_and(|row| values.iter().all(|value| holds(&row, value))))
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn holds(row: &Item, value: &Replaced) -> bool {
    row.get(&value.field) == Some(&AttributeValue::from(&value.new))
}
