//! A value that must not leak: no `Debug`, `Display` or `Serialize`, wiped when dropped.
//!
//! Whoever needs the clear text says so with [`Secret::expose`], which is easy to search for.

use serde::{Deserialize, Deserializer};
use zeroize::Zeroize;

/// Holds a secret until it is dropped, then overwrites it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes the clear value in.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The clear value. Never log it, never put it into an error.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<String> for Secret<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<'de, T: Zeroize + Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
