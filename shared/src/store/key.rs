//! How rows are addressed. Each part of a composed key is escaped, so that no name can run into its neighbour.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Item, string, text};

/// What would end a part.
const SEPARATORS: &AsciiSet = &CONTROLS.add(b'#').add(b'%');

/// Joins parts with `#`, escaping the separator inside them.
pub(crate) fn join(parts: &[&str]) -> String {
    let escaped: Vec<String> = parts.iter().map(|part| utf8_percent_encode(part, SEPARATORS).to_string()).collect();
    escaped.join("#")
}

/// The address of one row.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    /// The row at these two parts.
    pub fn new(pk: &str, sk: &str) -> Self {
        Self { pk: pk.to_owned(), sk: sk.to_owned() }
    }

    /// As the SDK takes it.
    pub(crate) fn item(&self) -> HashMap<String, AttributeValue> {
        HashMap::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    /// The address of a row that was read.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        Some(Self { pk: string(item, "pk")?, sk: string(item, "sk")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_reach_into_the_next_part() {
        assert_ne!(join(&["p", "github#x", "y"]), join(&["p", "github", "x#y"]));
    }
}
