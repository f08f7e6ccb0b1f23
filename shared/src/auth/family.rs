//! The rules of a session family: which refresh token is good, what follows it, and when a token that comes back ends
//! it all.
//!
//! A successor is computed from its predecessor, so whoever presents the same token twice within ten seconds (two tabs,
//! a lost answer) gets the same successor, and no token is ever stored. Nothing here reads or writes.

use std::time::Duration;

use jiff::Timestamp;

use super::opaque;
use crate::{
    id::{FamilyId, Id, random, token_text},
    secret::Secret,
    seeds::{Key, Keys},
    store::families::Family,
};

/// What every refresh token starts with.
const PREFIX: &str = "rt_";
/// How long a token that was just used still gives the same successor.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// What a presented token is to its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The one that is good now: its successor takes its place.
    Current,
    /// The one before, a moment ago: the same successor once more.
    Again,
    /// One that was used up. Somebody else has it too: the family ends.
    Reused,
    /// There is nothing left to use: ended, too old, or a page's session that has no refresh token.
    Ended,
}

/// Judges a token by its hash. A token that is neither the current nor the last one counts as used up: with its family's
/// id in it, it can hardly be anything else, and older hashes are not kept.
pub(crate) fn judge(family: &Family, presented: &str, now: Timestamp) -> Verdict {
    let is = |stored: Option<&str>| stored.is_some_and(|stored| opaque::same(stored, presented));
    if !family.lives(now) || family.current.is_none() {
        Verdict::Ended
    } else if is(family.current.as_deref()) {
        Verdict::Current
    } else if is(family.previous.as_deref()) && family.rotated_at.is_some_and(|at| within_grace(at, now)) {
        Verdict::Again
    } else {
        Verdict::Reused
    }
}

fn within_grace(rotated_at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(rotated_at).unsigned_abs() <= GRACE
}

/// The first token of a family: random.
pub(crate) fn first(family: &FamilyId) -> Secret<String> {
    token(family, random())
}

/// The token that follows `presented` in the given generation.
pub(crate) fn successor(key: &Key, family: &FamilyId, presented: &str, generation: u64) -> Secret<String> {
    token(family, key.seal(&[b"refresh token", presented.as_bytes(), &generation.to_be_bytes()]))
}

/// The successor that stands in the family now, which an earlier request was given. The seed may have been rotated since.
pub(crate) fn same_successor(keys: &Keys, family: &Family, presented: &str) -> Option<Secret<String>> {
    let current = family.current.as_deref()?;
    keys.all()
        .map(|key| successor(key, &family.id, presented, family.generation))
        .find(|token| opaque::matches(token.expose(), current))
}

/// The family that a presented token belongs to, if it has the form of a refresh token.
pub(crate) fn parse(presented: &str) -> Option<FamilyId> {
    of_form(presented.strip_prefix(PREFIX)?)
}

/// `<family>_<44 digits>`: also a session cookie's form.
pub(crate) fn of_form(text: &str) -> Option<FamilyId> {
    let (bare, secret) = text.split_once('_')?;
    opaque::is_well_formed(secret).then(|| format!("{}{bare}", FamilyId::PREFIX).parse().ok())?
}

/// A token of the family from 256 bits, in the form without prefix.
pub(crate) fn form(family: &FamilyId, bits: [u8; 32]) -> String {
    let bare = family.as_str().strip_prefix(FamilyId::PREFIX).unwrap_or(family.as_str());
    format!("{bare}_{}", token_text(bits))
}

fn token(family: &FamilyId, bits: [u8; 32]) -> Secret<String> {
    Secret::new(format!("{PREFIX}{}", form(family, bits)))
}

#[cfg(test)]
#[path = "family_tests.rs"]
mod tests;
