//! The hash chain over a day's entries. What is hashed is the whole row, attribute by attribute, so that nothing of an
//! entry is outside. Part of the format: a change here breaks every seal there is.

use std::collections::{BTreeMap, HashMap};

use aws_lc_rs::digest::{Context, SHA256};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;

use crate::{
    id::OrgId,
    store::{
        Item,
        seals::{DaySeal, Seal},
    },
};

/// A chain that grows by one entry at a time.
pub(super) struct Chain {
    head: Vec<u8>,
    count: u64,
}

impl Chain {
    /// The empty chain of an organisation's day, hanging on the head before it.
    pub(super) fn new(org: &OrgId, day: Date, previous: Option<&str>) -> Self {
        let day = day.to_string();
        let start = ["postern audit chain 1", org.as_str(), &day].map(str::as_bytes);
        let head = hash(start.into_iter().chain(previous.map(str::as_bytes)));
        Self { head, count: 0 }
    }

    /// Adds the entry that comes next.
    pub(super) fn add(&mut self, entry: &Item) {
        let mut bytes = Vec::new();
        map(entry, &mut bytes);
        self.head = hash([self.head.as_slice(), &bytes].into_iter());
        self.count += 1;
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// What they come to, hexadecimal.
    pub(super) fn head(&self) -> String {
        hex::encode(&self.head)
    }
}

/// What is signed of a seal.
pub(super) fn statement(seal: &Seal) -> Vec<u8> {
    let (day, count) = (seal.day.to_string(), seal.count.to_string());
    let previous_day = seal.previous_day.map(|day| day.to_string()).unwrap_or_default();
    let previous = seal.previous_head.as_deref().unwrap_or_default();
    let at = seal.sealed_at.to_string();
    encode(["postern audit seal 2", seal.org.as_str(), &day, &count, &seal.head, &previous_day, previous, &at])
}

/// What is signed of a day's seal.
pub(super) fn day_statement(seal: &DaySeal) -> Vec<u8> {
    let (day, organisations, entries) =
        (seal.day.to_string(), seal.organisations.to_string(), seal.entries.to_string());
    let previous_day = seal.previous_day.map(|day| day.to_string()).unwrap_or_default();
    let previous = seal.previous_signature.as_deref().unwrap_or_default();
    let at = seal.sealed_at.to_string();
    encode(["postern audit day 2", &day, &organisations, &entries, &previous_day, previous, &at])
}

fn encode<const N: usize>(parts: [&str; N]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for text in parts {
        part(text.as_bytes(), &mut bytes);
    }
    bytes
}

fn hash<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    context.finish().as_ref().to_vec()
}

/// Behind its length, so that no part runs into its neighbour.
fn part(bytes: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    into.extend_from_slice(bytes);
}

/// In the order of the names.
fn map(values: &HashMap<String, AttributeValue>, into: &mut Vec<u8>) {
    let sorted: BTreeMap<_, _> = values.iter().collect();
    into.extend_from_slice(&(sorted.len() as u64).to_be_bytes());
    for (name, attribute) in sorted {
        part(name.as_bytes(), into);
        value(attribute, into);
    }
}

fn value(attribute: &AttributeValue, into: &mut Vec<u8>) {
    match attribute {
        AttributeValue::S(text) => tagged(b'S', text.as_bytes(), into),
        AttributeValue::N(number) => tagged(b'N', number.as_bytes(), into),
        AttributeValue::B(bytes) => tagged(b'B', bytes.as_ref(), into),
        AttributeValue::Bool(flag) => tagged(b'T', &[u8::from(*flag)], into),
        AttributeValue::M(values) => {
            into.push(b'M');
            map(values, into);
        }
        AttributeValue::L(values) => {
            into.push(b'L');
            into.extend_from_slice(&(values.len() as u64).to_be_bytes());
            for attribute in values {
                value(attribute, into);
            }
        }
        // No entry of ours holds another kind; what somebody else put there is told apart by how it prints.
        other => tagged(b'?', format!("{other:?}").as_bytes(), into),
    }
}

fn tagged(tag: u8, bytes: &[u8], into: &mut Vec<u8>) {
    into.push(tag);
    part(bytes, into);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::Ids, store::text};

    fn head(entries: &[&[(&str, &str)]]) -> String {
        let mut chain = Chain::new(&Ids::seeded(1).make(), "2026-11-20".parse().unwrap(), None);
        for entry in entries {
            chain.add(&entry.iter().map(|(name, value)| ((*name).to_owned(), text(*value))).collect());
        }
        chain.head()
    }

    #[test]
    fn each_change_of_the_entries_changes_the_head() {
        let (one, two): (&[_], &[_]) = (&[("a", "x"), ("b", "y")], &[("a", "z")]);
        let heads = [
            head(&[one, two]),
            head(&[two, one]),
            head(&[one]),
            head(&[]),
            head(&[one, two, two]),
            head(&[&[("a", "xb"), ("b", "y")], two]),
            head(&[&[("ab", "x"), ("b", "y")], two]),
        ];
        let different: std::collections::BTreeSet<_> = heads.iter().collect();
        assert_eq!(different.len(), heads.len());
    }

    #[test]
    fn the_order_of_attributes_does_not_matter() {
        assert_eq!(head(&[&[("a", "x"), ("b", "y")]]), head(&[&[("b", "y"), ("a", "x")]]));
    }

    #[test]
    fn another_day_another_organisation_and_another_past_start_another_chain() {
        let (ids, day) = (Ids::seeded(1), "2026-11-20".parse().unwrap());
        let (org, other) = (ids.make(), ids.make());
        let heads = [
            Chain::new(&org, day, None).head(),
            Chain::new(&other, day, None).head(),
            Chain::new(&org, day.tomorrow().unwrap(), None).head(),
            Chain::new(&org, day, Some("00")).head(),
        ];
        assert_eq!(heads.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}
