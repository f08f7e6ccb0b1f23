//! What an attribute can hold, and rows made of it.

use std::{borrow::Cow, collections::BTreeMap};

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use crate::{store::Item, vault::Sealed};

/// A row as the model sees it.
pub type Row = BTreeMap<Cow<'static, str>, Value>;

/// What an attribute holds. Numbers are whole: nothing here is measured in fractions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(String),
    /// Bytes, such as a sealed value.
    Bytes(Vec<u8>),
    /// Yes or no.
    Flag(bool),
    /// Several.
    List(Vec<Value>),
    /// Several, by name.
    Map(BTreeMap<String, Value>),
}

impl Value {
    /// The number, if it is one.
    pub fn number(&self) -> Option<i64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&Sealed> for Value {
    fn from(sealed: &Sealed) -> Self {
        Self::Bytes(sealed.bytes().to_vec())
    }
}

impl From<&[String]> for Value {
    fn from(texts: &[String]) -> Self {
        Self::List(texts.iter().map(|text| text.as_str().into()).collect())
    }
}

impl From<&BTreeMap<String, String>> for Value {
    fn from(texts: &BTreeMap<String, String>) -> Self {
        Self::Map(texts.iter().map(|(name, text)| (name.clone(), text.as_str().into())).collect())
    }
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Number(number) => Self::N(number.to_string()),
            Value::Text(text) => Self::S(text),
            Value::Bytes(bytes) => Self::B(Blob::new(bytes)),
            Value::Flag(flag) => Self::Bool(flag),
            Value::List(values) => Self::L(values.into_iter().map(Into::into).collect()),
            Value::Map(values) => Self::M(values.into_iter().map(|(name, value)| (name, value.into())).collect()),
        }
    }
}

impl Value {
    /// What the SDK gave. `None` for kinds that no row of ours holds.
    pub(crate) fn read(value: &AttributeValue) -> Option<Self> {
        Some(match value {
            AttributeValue::N(number) => Self::Number(number.parse().ok()?),
            AttributeValue::S(text) => Self::Text(text.clone()),
            AttributeValue::B(bytes) => Self::Bytes(bytes.clone().into_inner()),
            AttributeValue::Bool(flag) => Self::Flag(*flag),
            AttributeValue::L(values) => Self::List(values.iter().map(Self::read).collect::<Option<_>>()?),
            AttributeValue::M(values) => {
                let named = values.iter().map(|(name, value)| Some((name.clone(), Self::read(value)?)));
                Self::Map(named.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

/// Something whose attributes can be looked at.
pub trait Look {
    /// What the attribute holds, if it is there.
    fn look(&self, name: &str) -> Option<Value>;
}

impl Look for Row {
    fn look(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }
}

impl Look for Item {
    fn look(&self, name: &str) -> Option<Value> {
        self.get(name).and_then(Value::read)
    }
}
