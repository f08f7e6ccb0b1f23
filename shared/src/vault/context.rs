//! What a value is sealed for. All of it is bound into the ciphertext; none of it is secret, none of it is stored there.
//!
//! Two bindings: KMS unwraps a data key only for its organisation and purpose ([`Scope`]), and a value opens only in its
//! [`Place`]. The bytes made here are part of the format: a change makes everything that is stored unreadable.

use std::collections::HashMap;

use crate::{auth::Owner, id::OrgId};

/// What kind of secret a data key protects. Roles are granted KMS by purpose: webhook intake opens no integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Credentials of integrations.
    Integration,
    /// PKCE verifiers and parked codes of OAuth round trips.
    Handshake,
    /// Secrets that providers sign their webhooks with.
    Webhook,
    /// Settings in free form, which may hold secrets.
    Setting,
    /// Answers that are given again. They show no secret, and are sealed by the seed: this one has no data key.
    Answer,
}

impl Purpose {
    /// All purposes that have data keys, for whoever rotates an organisation's keys.
    pub const ALL: [Self; 4] = [Self::Integration, Self::Handshake, Self::Webhook, Self::Setting];

    /// How it stands in keys, in the encryption context and in IAM conditions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Integration => "integration",
            Self::Handshake => "handshake",
            Self::Webhook => "webhook",
            Self::Setting => "setting",
            Self::Answer => "answer",
        }
    }

    /// What stands in a key.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// The one place a value may be opened in. Put into any other, or put back after `grant` moved on, it stays shut.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The organisation.
    pub org: &'a OrgId,
    /// Whose row it stands in.
    pub owner: &'a Owner,
    /// Which of the organisation's data keys seals it.
    pub purpose: Purpose,
    /// The row's own id (`int_…`), which also chooses the key that is derived for it.
    pub record: &'a str,
    /// The provider's slug; empty where there is none.
    pub provider: &'a str,
    /// The field within the row.
    pub field: &'a str,
    /// Counts what replaces the value (connect, refresh, disconnect), so that an older one does not open again. Rows whose
    /// values never change write 0.
    pub grant: u64,
}

impl Place<'_> {
    /// The data key's place.
    pub(super) fn scope(&self) -> Scope {
        Scope { org: self.org.clone(), purpose: self.purpose }
    }

    /// What the cipher authenticates beside the value.
    pub(super) fn additional_data(&self, format: u8, version: u32) -> Vec<u8> {
        encode(&[
            &[format],
            self.org.as_str().as_bytes(),
            self.owner.as_str().as_bytes(),
            self.record.as_bytes(),
            self.provider.as_bytes(),
            self.field.as_bytes(),
            &version.to_be_bytes(),
            &self.grant.to_be_bytes(),
        ])
    }

    /// What tells a record's key from all others that are derived from the same data key.
    pub(super) fn derivation(&self) -> Vec<u8> {
        encode(&[b"postern vault record", self.record.as_bytes(), self.purpose.as_str().as_bytes()])
    }
}

/// Each part behind its length, so that no part can run into its neighbour.
fn encode(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| size_of::<u64>() + part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

/// Where a data key belongs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    pub(super) org: OrgId,
    pub(super) purpose: Purpose,
}

impl Scope {
    /// The encryption context. Opaque ids only: AWS logs show it.
    pub(super) fn encryption_context(&self) -> HashMap<String, String> {
        [("app", "postern"), ("org", self.org.as_str()), ("purpose", self.purpose.as_str())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn different_parts_never_encode_alike(
            one in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..5),
            other in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..5),
        ) {
            prop_assert_eq!(encoded(&one) == encoded(&other), one == other);
        }

        #[test]
        fn moving_the_border_between_two_parts_changes_the_encoding(text in "[a-z#]{2,24}", from in 0usize..24, to in 0usize..24) {
            let (from, to) = (from % text.len(), to % text.len());
            let [one, other] = [from, to].map(|at| {
                let (left, right) = text.as_bytes().split_at(at);
                encode(&[left, right])
            });
            prop_assert_eq!(one == other, from == to);
        }

        #[test]
        fn the_parts_can_be_read_back(parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..10)) {
            prop_assert_eq!(decoded(&encoded(&parts)), parts);
        }
    }

    fn encoded(parts: &[Vec<u8>]) -> Vec<u8> {
        encode(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    /// An encoding that can be undone is injective.
    fn decoded(mut bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut parts = Vec::new();
        while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
            let (part, rest) = rest.split_at(u64::from_be_bytes(*length).try_into().unwrap());
            parts.push(part.to_vec());
            bytes = rest;
        }
        assert!(bytes.is_empty(), "bytes are left over");
        parts
    }
}
