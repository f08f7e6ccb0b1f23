//! Values of a body that are more than text: how they are read, and what is said of one that cannot be.
//!
//! For `#[serde(deserialize_with = …)]`. They say what they expect, never what they found ([`super::wording`]).

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::Error as _, de::Unexpected};
use url::Url;

const ADDRESS: &str = "an address such as https://app.example.com/path, without a backslash or a control character";
const TIME: &str = "a time such as 2026-11-20T09:00:00Z";

/// An address. One that parsers read in different ways is none: a backslash is a slash to some, a line break nothing.
pub fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    parsed::<D>(&String::deserialize(deserializer)?)
}

/// The same, where there may be none; an empty one, as forms send it, is none.
pub fn maybe_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    text.as_deref().map(parsed::<D>).transpose()
}

fn parsed<'de, D: Deserializer<'de>>(text: &str) -> Result<Url, D::Error> {
    let plain = !text.chars().any(|letter| letter == '\\' || letter.is_control());
    let url = if plain { text.parse().ok() } else { None };
    url.ok_or_else(|| D::Error::invalid_value(Unexpected::Other("text"), &ADDRESS))
}

/// A time (RFC 3339), where there may be none.
pub fn maybe_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let parsed = text.map(|text| text.parse().map_err(|_| D::Error::invalid_value(Unexpected::Other("text"), &TIME)));
    parsed.transpose()
}

/// A member of a body that may be left out; one that is `null` is told from that. Takes `#[serde(default)]`.
#[derive(Debug, Default)]
pub enum Sent<T> {
    /// It was left out.
    #[default]
    Not,
    /// It is `null`.
    Null,
    /// It is there.
    Value(T),
}

impl<T> Sent<T> {
    /// The value, if there is one.
    pub fn value(self) -> Option<T> {
        if let Self::Value(value) = self { Some(value) } else { None }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sent<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}
