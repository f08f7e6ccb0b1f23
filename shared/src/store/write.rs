//! Conditional writes whose answer may get lost.
//!
//! The SDK repeats a write when its answer does not come. The repetition then meets the row that the first one wrote and
//! is refused. So each conditional write leaves a random `attempt` in the row, and finding one's own there is success.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{
        put_item::{PutItemError, builders::PutItemFluentBuilder},
        update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    },
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{Error, Item, item::text};
use crate::id::random_token;

/// The name of the attribute that tells whose write a row carries.
pub(crate) const ATTEMPT: &str = "attempt";

/// Marks one conditional write, through all its repetitions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attempt(String);

impl Attempt {
    pub(crate) fn new() -> Self {
        Self(random_token())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `item` was written by this very attempt.
    pub(crate) fn wrote(&self, item: Option<&Item>) -> bool {
        item.and_then(|item| item.get(ATTEMPT))
            .and_then(|value| value.as_s().ok())
            .is_some_and(|found| *found == self.0)
    }
}

/// How a conditional write went.
#[derive(Debug)]
pub(crate) enum Written {
    /// It is in the table; the row as it is now.
    Yes(Item),
    /// The condition did not hold; the row as it was found, if there is one.
    No(Option<Item>),
}

/// Puts a row that must not be there yet.
pub(crate) async fn put_new(put: PutItemFluentBuilder, attempt: &Attempt) -> Result<Written, Error> {
    let put = put
        .item(ATTEMPT, text(attempt.as_str()))
        .condition_expression("attribute_not_exists(pk)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let item = put.get_item().clone().unwrap_or_default();
    match put.send().await {
        Ok(_) => Ok(Written::Yes(item)),
        Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
            let PutItemError::ConditionalCheckFailedException(found) = refused.into_err() else {
                return Ok(Written::No(None));
            };
            let found = found.item;
            Ok(if attempt.wrote(found.as_ref()) { Written::Yes(item) } else { Written::No(found) })
        }
        Err(error) => Err(error.into()),
    }
}

/// Updates a row under the builder's own condition. The builder's update expression must set `attempt = :attempt`; the
/// value is filled in here.
pub(crate) async fn update(update: UpdateItemFluentBuilder, attempt: &Attempt) -> Result<Written, Error> {
    let update = update
        .expression_attribute_values(":attempt", text(attempt.as_str()))
        .return_values(ReturnValue::AllNew)
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await {
        Ok(output) => Ok(Written::Yes(output.attributes.unwrap_or_default())),
        Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
            let UpdateItemError::ConditionalCheckFailedException(found) = refused.into_err() else {
                return Ok(Written::No(None));
            };
            match found.item {
                Some(item) if attempt.wrote(Some(&item)) => Ok(Written::Yes(item)),
                found => Ok(Written::No(found)),
            }
        }
        Err(error) => Err(error.into()),
    }
}
