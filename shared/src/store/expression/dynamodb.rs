//! The reading that goes over the wire: DynamoDB's condition and update expressions.
//!
//! Every name and value is a placeholder, so that no attribute can clash with DynamoDB's reserved words (`grant` and
//! `status` are two of them).

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure, Update},
};

use super::{Change, Condition, Step, Value, Write};
use crate::store::{Error, Item, Store, Table, Written, key::Key};

/// Expressions and what their placeholders stand for.
#[derive(Default)]
struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Expression {
    fn name(&mut self, name: &str) -> String {
        let placeholder = format!("#{name}");
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    fn value(&mut self, value: Value) -> String {
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value.into());
        placeholder
    }

    /// `None` where nothing is asked.
    fn condition(&mut self, condition: &Condition) -> Option<String> {
        Some(match condition {
            Condition::All(parts) if parts.is_empty() => return None,
            // There is no word for "never"; no row is without its key, and no key holds this.
            Condition::Any(parts) if parts.is_empty() => {
                let name = self.name("pk");
                format!("({name} = {})", self.value("".into()))
            }
            Condition::All(parts) => return self.joined(parts, " AND "),
            Condition::Any(parts) if parts.contains(&Condition::ALWAYS) => return None,
            Condition::Any(parts) => return self.joined(parts, " OR "),
            Condition::Absent(name) => format!("attribute_not_exists({})", self.name(name)),
            Condition::Present(name) => format!("attribute_exists({})", self.name(name)),
            Condition::Is(name, value) => self.compared(name, "=", value.clone()),
            Condition::Less(name, bound) => self.compared(name, "<", (*bound).into()),
            Condition::More(name, bound) => self.compared(name, ">", (*bound).into()),
        })
    }

    fn joined(&mut self, parts: &[Condition], word: &str) -> Option<String> {
        let mut parts: Vec<String> = parts.iter().filter_map(|part| self.condition(part)).collect();
        // DynamoDB refuses parentheses around what has some already.
        if parts.len() < 2 { parts.pop() } else { Some(format!("({})", parts.join(word))) }
    }

    fn compared(&mut self, name: &str, sign: &str, value: Value) -> String {
        let name = self.name(name);
        format!("{name} {sign} {}", self.value(value))
    }

    fn update(&mut self, change: &Change) -> String {
        let (mut sets, mut adds, mut removes) = (Vec::new(), Vec::new(), Vec::new());
        for step in change.steps() {
            let name = self.name(step.attribute());
            match step {
                Step::Set(_, value) => sets.push(format!("{name} = {}", self.value(value.clone()))),
                Step::SetOnce(_, value) => {
                    sets.push(format!("{name} = if_not_exists({name}, {})", self.value(value.clone())));
                }
                Step::Add(_, amount) => adds.push(format!("{name} {}", self.value((*amount).into()))),
                Step::Remove(_) => removes.push(name),
            }
        }
        let clauses = [("SET", sets), ("ADD", adds), ("REMOVE", removes)];
        let clauses = clauses.iter().filter(|(_, steps)| !steps.is_empty());
        clauses.map(|(word, steps)| format!("{word} {}", steps.join(", "))).collect::<Vec<_>>().join(" ")
    }

    fn values(self) -> Option<HashMap<String, AttributeValue>> {
        if self.values.is_empty() { None } else { Some(self.values) }
    }
}

impl Write {
    /// As one part of a transaction.
    pub(crate) fn in_transaction(&self, table: String, key: &Key) -> Result<Update, Error> {
        let mut expression = Expression::default();
        let condition = expression.condition(&self.condition);
        let update = expression.update(&self.change);
        let built = Update::builder()
            .table_name(table)
            .set_key(Some(key.item()))
            .set_condition_expression(condition)
            .update_expression(update)
            .set_expression_attribute_names(Some(expression.names.clone()))
            .set_expression_attribute_values(expression.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build();
        built.map_err(|error| Error::Failed(error.to_string()))
    }
}

impl Store {
    /// Does a conditional write. Refused, but found in the row already, means that only its answer was lost.
    pub(crate) async fn apply(&self, table: Table, key: &Key, write: &Write) -> Result<Written, Error> {
        let mut expression = Expression::default();
        let condition = expression.condition(&write.condition);
        let update = expression.update(&write.change);
        let answer = self
            .client()
            .update_item()
            .table_name(self.table(table))
            .set_key(Some(key.item()))
            .set_condition_expression(condition)
            .update_expression(update)
            .set_expression_attribute_names(Some(expression.names.clone()))
            .set_expression_attribute_values(expression.values())
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(output) => Ok(Written::Yes(output.attributes.unwrap_or_default())),
            Err(SdkError::ServiceError(refused)) if refused.err().is_conditional_check_failed_exception() => {
                let UpdateItemError::ConditionalCheckFailedException(found) = refused.into_err() else {
                    return Ok(Written::No(None));
                };
                Ok(refused_or_landed(write, found.item))
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// What a refusal means, given the row that was found.
pub(crate) fn refused_or_landed(write: &Write, found: Option<Item>) -> Written {
    match found {
        Some(item) if write.landed.holds(&item) => Written::Yes(item),
        found => Written::No(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_names_everything_by_placeholder() {
        let condition = Condition::Is("grant", 3.into())
            .and(Condition::Any(vec![Condition::Absent("lease_until"), Condition::Less("lease_until", 9)]));
        let mut expression = Expression::default();
        let text = expression.condition(&condition).unwrap();
        assert_eq!(text, "(#grant = :v0 AND (attribute_not_exists(#lease_until) OR #lease_until < :v1))");
        let update = expression.update(&Change::new().set("attempt", "me").add("fence", 1).remove(&["intent"]));
        assert_eq!(update, "SET #attempt = :v2 ADD #fence :v3 REMOVE #intent");
        assert_eq!(expression.names.len(), 5);
    }

    #[test]
    fn nothing_stands_in_two_pairs_of_parentheses() {
        let both = Condition::Present("a").and(Condition::Absent("b"));
        let text = |condition| Expression::default().condition(&condition).unwrap();
        assert_eq!(
            text(Condition::All(vec![both, Condition::ALWAYS])),
            "(attribute_exists(#a) AND attribute_not_exists(#b))"
        );
        assert_eq!(text(Condition::Any(vec![Condition::Present("a")])), "attribute_exists(#a)");
    }

    #[test]
    fn asking_nothing_leaves_the_expression_out() {
        assert_eq!(Expression::default().condition(&Condition::ALWAYS), None);
    }
}
