//! A sealed value: AES-256-GCM under a key of its record, bound to its place. It knows no KMS and no table.
//!
//! ```text
//! format (1) ‖ data key version (4, big endian) ‖ nonce (12) ‖ ciphertext ‖ tag (16)
//! ```
//! The record's key is HKDF-SHA256 of the data key, with a fixed salt and record and purpose as its information. Records are
//! sealed a few thousand times at most, so random nonces stay far from the limit of 2³² under one key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, MAX_TAG_LEN, NONCE_LEN, Nonce, UnboundKey};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Error, Place, data_key::DataKey};
use crate::secret::Secret;

/// The only format so far.
const FORMAT: u8 = 1;
const VERSION_LEN: usize = size_of::<u32>();
const HEADER_LEN: usize = 1 + VERSION_LEN + NONCE_LEN;

/// A sealed value as it is stored: a binary attribute that tells its own format and key version.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(#[serde(with = "crate::store::binary")] Vec<u8>);

impl Sealed {
    /// The version of the data key that sealed it, for whoever looks for rows that a rotation left behind. None where the
    /// bytes are no sealed value at all.
    pub fn key_version(&self) -> Option<u32> {
        self.parts().ok().map(|parts| parts.version)
    }

    /// A sealed value as a row holds it; none where that is something else.
    pub(crate) fn of(value: &AttributeValue) -> Option<Self> {
        let AttributeValue::B(bytes) = value else { return None };
        let sealed = Self(bytes.clone().into_inner());
        sealed.parts().is_ok().then_some(sealed)
    }

    /// The sealed bytes, as they are stored.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn parts(&self) -> Result<Parts<'_>, Error> {
        let (&[format], rest) = self.0.split_first_chunk().ok_or(Error::Malformed)?;
        if format != FORMAT {
            return Err(Error::Malformed);
        }
        let (version, rest) = rest.split_first_chunk().ok_or(Error::Malformed)?;
        let (nonce, body) = rest.split_first_chunk().ok_or(Error::Malformed)?;
        if body.len() < MAX_TAG_LEN {
            return Err(Error::Malformed);
        }
        Ok(Parts { version: u32::from_be_bytes(*version), nonce: *nonce, body })
    }
}

/// The size says enough: the bytes would only fill the log.
impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

impl From<&Sealed> for AttributeValue {
    fn from(sealed: &Sealed) -> Self {
        Self::B(Blob::new(sealed.0.clone()))
    }
}

/// What a sealed value says of itself. Nothing of it is believed before the tag has been checked.
pub(super) struct Parts<'a> {
    pub(super) version: u32,
    nonce: [u8; NONCE_LEN],
    /// Ciphertext and tag.
    body: &'a [u8],
}

/// Seals `clear` for `place` with version `version` of its data key. The nonce must come from the system's generator.
pub(super) fn seal(
    key: &DataKey,
    version: u32,
    nonce: [u8; NONCE_LEN],
    place: &Place<'_>,
    clear: &[u8],
) -> Result<Sealed, Error> {
    // Made to measure: a buffer that grew would leave copies of the clear value behind.
    let mut bytes = Vec::with_capacity(HEADER_LEN + clear.len() + MAX_TAG_LEN);
    bytes.push(FORMAT);
    bytes.extend_from_slice(&version.to_be_bytes());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(clear);
    let additional = Aad::from(place.additional_data(FORMAT, version));
    let tag = record_key(key, place)?
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), additional, &mut bytes[HEADER_LEN..])
        .map_err(|_| Error::Cipher)?;
    bytes.extend_from_slice(tag.as_ref());
    Ok(Sealed(bytes))
}

/// Opens what was sealed for `place`.
pub(super) fn open(key: &DataKey, place: &Place<'_>, parts: &Parts<'_>) -> Result<Zeroizing<Vec<u8>>, Error> {
    decrypt(&record_key(key, place)?, parts.nonce, &place.additional_data(FORMAT, parts.version), parts.body)
}

fn decrypt(
    key: &LessSafeKey,
    nonce: [u8; NONCE_LEN],
    additional: &[u8],
    body: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(body.to_vec());
    let length = key
        .open_in_place(Nonce::assume_unique_for_key(nonce), Aad::from(additional), &mut bytes)
        .map_err(|_| Error::Refused)?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

/// Opened bytes as text.
pub(super) fn text(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret<String>, Error> {
    String::from_utf8(std::mem::take(&mut *bytes)).map(Secret::new).map_err(|error| {
        // The error owns the clear value.
        drop(Zeroizing::new(error.into_bytes()));
        Error::NotText
    })
}

fn record_key(key: &DataKey, place: &Place<'_>) -> Result<LessSafeKey, Error> {
    cipher(&*key.derive(&place.derivation())?)
}

fn cipher(key: &[u8]) -> Result<LessSafeKey, Error> {
    UnboundKey::new(&AES_256_GCM, key).map(LessSafeKey::new).map_err(|_| Error::Cipher)
}

#[cfg(test)]
mod tests;
