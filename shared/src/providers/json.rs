//! JSON read strictly: a key that stands twice is an error, since two readers would pick different values.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

/// Reads JSON in which no object has a key twice. The error never quotes the text, which may hold secrets.
pub(crate) fn strict(bytes: &[u8]) -> Result<Value, InvalidJson> {
    serde_json::from_slice::<Strict>(bytes).map(|strict| strict.0).map_err(|error| {
        if error.to_string().starts_with(DOUBLED) { InvalidJson::DoubledKey } else { InvalidJson::NotJson }
    })
}

/// Why bytes were refused as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidJson {
    // An object names a key twice.
    #[error("a key stands twice in it")]
    DoubledKey,
    // Not JSON at all, or nested too deeply.
    #[error("it is not JSON")]
    NotJson,
}

const DOUBLED: &str = "doubled key";

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Build).map(Strict)
    }
}

struct Build;

impl<'de> Visitor<'de> for Build {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(element)) = seq.next_element()? {
            list.push(element);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = access.next_entry::<String, Strict>()? {
            if map.insert(key, value).is_some() {
                return Err(A::Error::custom(DOUBLED));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        assert_eq!(strict(br#"{"a":1,"a":2}"#), Err(InvalidJson::DoubledKey));
        assert_eq!(strict(br#"{"a":[{"b":{"c":1,"c":1}}]}"#), Err(InvalidJson::DoubledKey));
        // The same key, written with an escape.
        assert_eq!(strict(br#"{"access_token":"x","access\u005ftoken":"y"}"#), Err(InvalidJson::DoubledKey));
    }

    #[test]
    fn good_json_comes_through_unchanged() {
        let text = r#"{"a":[1,-2,2.5,true,null,"\u00e9"],"b":{"c":""}}"#;
        assert_eq!(strict(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        for bad in ["", "<html>", "{\"a\":1} x", "{'a':1}", &"[".repeat(500)] {
            assert_eq!(strict(bad.as_bytes()), Err(InvalidJson::NotJson), "{bad}");
        }
    }
}
