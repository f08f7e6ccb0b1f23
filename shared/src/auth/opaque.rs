//! Opaque tokens: 256 random bits in base 62, stored as a hash. Being random, a plain hash of them is as good as a slow
//! one, and checking it needs no other secret.

use aws_lc_rs::{constant_time, digest};

/// Digits of 256 bits in base 62.
const DIGITS: usize = 44;

/// Whether `text` has the form of 256 bits.
pub(super) fn is_well_formed(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// A token as it is stored.
pub(super) fn hash(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

/// Whether `token` has this hash.
pub(super) fn matches(token: &str, stored: &str) -> bool {
    same(&hash(token), stored)
}
