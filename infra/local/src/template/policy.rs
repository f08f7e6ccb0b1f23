//! Policy statements as IAM writes them, and whether a condition holds.
//!
//! It judges no request: that is `aws::iam`. An operator that is not known is an error, since a condition that is
//! skipped would widen a right.

use serde_json::Value;

use super::{Result, as_text, unknown};

/// What a statement does with what it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Grants it.
    Allow,
    /// Refuses it, whatever else grants it.
    Deny,
}

/// One statement of a policy, its resources resolved to ARNs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its name in the policy, if it has one.
    pub sid: Option<String>,
    /// Grant or refusal.
    pub effect: Effect,
    /// Patterns such as `dynamodb:GetItem` or `kms:ReEncrypt*`.
    pub actions: Vec<String>,
    /// ARN patterns.
    pub resources: Vec<String>,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

impl Statement {
    /// Whether it speaks of this action on this resource under this context, and by which of its action patterns.
    pub fn matching(&self, action: &str, resource: &str, context: &[(String, String)]) -> Option<&str> {
        let pattern = self.actions.iter().find(|pattern| like(pattern, action, true))?;
        let concerned = self.resources.iter().any(|pattern| like(pattern, resource, false))
            && self.conditions.iter().all(|condition| condition.holds(context));
        concerned.then_some(pattern.as_str())
    }
}

/// A statement of a key's own policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyStatement {
    /// Whom it speaks of.
    pub principal: Principal,
    /// What it says; its resource is the key itself.
    pub statement: Statement,
}

/// Whom a statement of a key policy speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The account: what the statement allows, the roles' own policies may grant.
    Account,
    /// Everybody whom its conditions admit; no role policy is needed.
    Anybody,
    /// These ARNs; no role policy is needed.
    Roles(Vec<String>),
}

/// Reads a key policy. Statements for AWS services are left out, since no service of that kind is played here.
pub(super) fn key_statements(place: &str, document: &Value) -> Result<Vec<KeyStatement>> {
    let mut read = Vec::new();
    for raw in document["Statement"].as_array().into_iter().flatten() {
        let named = if raw["Principal"] == "*" { vec!["*".to_owned()] } else { texts(&raw["Principal"]["AWS"]) };
        let principal = match named.as_slice() {
            [] => continue,
            [one] if one == "*" => Principal::Anybody,
            [one] if one.ends_with(":root") => Principal::Account,
            _ => Principal::Roles(named),
        };
        read.push(KeyStatement { principal, statement: statement(place, raw)? });
    }
    Ok(read)
}

/// One line of a `Condition` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    quantifier: Quantifier,
    test: Test,
    if_exists: bool,
    /// The context key (`kms:EncryptionContext:purpose`).
    pub key: String,
    /// The values it is compared with.
    pub values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantifier {
    One,
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Test {
    Equals,
    NotEquals,
    Like,
    NotLike,
    Null,
}

impl Condition {
    fn read(operator: &str, key: &str, values: Vec<String>) -> Result<Self> {
        let (quantifier, rest) = match operator.split_once(':') {
            Some(("ForAllValues", rest)) => (Quantifier::ForAllValues, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::ForAnyValue, rest),
            Some(_) => return unknown("Condition", format!("the quantifier of {operator} is not known here")),
            None => (Quantifier::One, operator),
        };
        let (test, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |test| (test, true));
        let test = match test {
            "StringEquals" | "Bool" => Test::Equals,
            "StringNotEquals" => Test::NotEquals,
            "StringLike" | "ArnEquals" | "ArnLike" => Test::Like,
            "StringNotLike" | "ArnNotEquals" | "ArnNotLike" => Test::NotLike,
            "Null" => Test::Null,
            _ => return unknown("Condition", format!("the operator {operator} is not known here")),
        };
        Ok(Self { quantifier, test, if_exists, key: key.to_owned(), values })
    }

    /// Whether it holds for these context keys; a key with several values stands there several times.
    pub fn holds(&self, context: &[(String, String)]) -> bool {
        let given: Vec<&str> = context
            .iter()
            .filter(|(key, _)| key.eq_ignore_ascii_case(&self.key))
            .map(|(_, value)| value.as_str())
            .collect();
        if self.test == Test::Null {
            return self.values.iter().any(|wanted| (wanted == "true") == given.is_empty());
        }
        if given.is_empty() {
            let negative = matches!(self.test, Test::NotEquals | Test::NotLike);
            return self.if_exists || self.quantifier == Quantifier::ForAllValues || negative;
        }
        match self.quantifier {
            Quantifier::ForAllValues => given.iter().all(|value| self.meets(value)),
            Quantifier::One | Quantifier::ForAnyValue => given.iter().any(|value| self.meets(value)),
        }
    }

    fn meets(&self, value: &str) -> bool {
        match self.test {
            Test::Equals => self.values.iter().any(|wanted| wanted == value),
            Test::NotEquals => self.values.iter().all(|wanted| wanted != value),
            Test::Like => self.values.iter().any(|wanted| like(wanted, value, false)),
            Test::NotLike => !self.values.iter().any(|wanted| like(wanted, value, false)),
            Test::Null => false,
        }
    }
}

/// Reads the statements of a `PolicyDocument` (`place` says where, for errors).
pub(super) fn statements(place: &str, document: &Value) -> Result<Vec<Statement>> {
    match &document["Statement"] {
        Value::Array(items) => items.iter().map(|item| statement(place, item)).collect(),
        one @ Value::Object(_) => Ok(vec![statement(place, one)?]),
        _ => unknown(place, "a policy needs statements"),
    }
}

fn statement(place: &str, raw: &Value) -> Result<Statement> {
    if ["NotAction", "NotResource"].iter().any(|key| raw.get(key).is_some()) {
        return unknown(place, "NotAction and NotResource grant more than they say; name what is meant");
    }
    let mut conditions = Vec::new();
    for (operator, lines) in raw["Condition"].as_object().into_iter().flatten() {
        for (key, values) in lines.as_object().into_iter().flatten() {
            conditions.push(Condition::read(operator, key, texts(values))?);
        }
    }
    let effect = match raw["Effect"].as_str() {
        Some("Allow") => Effect::Allow,
        Some("Deny") => Effect::Deny,
        _ => return unknown(place, "a statement's effect is Allow or Deny"),
    };
    let (actions, resources) = (texts(&raw["Action"]), texts(&raw["Resource"]));
    if actions.is_empty() || resources.is_empty() {
        return unknown(place, "a statement needs actions and resources");
    }
    Ok(Statement { sid: as_text(&raw["Sid"]), effect, actions, resources, conditions })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(as_text).collect(),
        one => as_text(one).into_iter().collect(),
    }
}

/// IAM's patterns: `*` for any run of characters, `?` for any one.
fn like(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let same = |a: u8, b: u8| a == b'?' || a == b || (ignore_case && a.eq_ignore_ascii_case(&b));
    let (mut p, mut t, mut retry) = (0, 0, None);
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            retry = Some((p, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|&wanted| same(wanted, text[t])) {
            p += 1;
            t += 1;
        } else if let Some((star, from)) = retry {
            // Let the last star swallow one character more.
            retry = Some((star, from + 1));
            p = star + 1;
            t = from + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_covers_what_iam_says_it_covers() {
        assert!(like("dynamodb:*Item", "dynamodb:GetItem", true));
        assert!(like("KMS:decrypt", "kms:Decrypt", true));
        assert!(like("arn:aws:sqs:*:*:a?c.*", "arn:aws:sqs:us-east-1:1:abc.fifo", false));
        assert!(!like("arn:aws:sqs:*:*:abc", "arn:aws:sqs:us-east-1:1:abcd", false));
        assert!(!like("dynamodb:GetItem", "dynamodb:GetItems", true));
    }

    #[test]
    fn a_condition_on_a_missing_key_refuses() {
        let equals = Condition::read("StringEquals", "kms:EncryptionContext:purpose", vec!["webhook".into()]).unwrap();
        assert!(!equals.holds(&[]));
        assert!(equals.holds(&[("kms:EncryptionContext:purpose".into(), "webhook".into())]));
        assert!(!equals.holds(&[("kms:EncryptionContext:purpose".into(), "integration".into())]));
    }

    #[test]
    fn every_value_must_be_wanted_where_all_are_asked_for() {
        let keys =
            Condition::read("ForAllValues:StringEquals", "kms:EncryptionContextKeys", vec!["app".into()]).unwrap();
        let given = |names: &[&str]| -> Vec<(String, String)> {
            names.iter().map(|name| ("kms:EncryptionContextKeys".into(), (*name).into())).collect()
        };
        assert!(keys.holds(&given(&["app"])));
        assert!(!keys.holds(&given(&["app", "extra"])));
    }

    #[test]
    fn an_unknown_operator_is_an_error() {
        assert!(Condition::read("NumericLessThan", "x", vec![]).is_err());
    }
}
