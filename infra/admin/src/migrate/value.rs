//! Values as the older systems wrote them: extended JSON of `MongoDB`, times in several spellings, text and numbers mixed.

use jiff::Timestamp;
use serde_json::{Map, Value};
use shared::oauth::scopes::split;

/// An object of the export.
pub(super) type Object = Map<String, Value>;

/// The object with the wrappers of `MongoDB` (`$oid`, `$date`, `$numberLong` …) taken off.
pub(super) fn plain(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            if members.len() == 1 {
                for wrapper in ["$oid", "$date", "$numberLong", "$numberInt", "$numberDouble"] {
                    if let Some(inner) = members.remove(wrapper) {
                        return plain(inner);
                    }
                }
            }
            Value::Object(members.into_iter().map(|(name, value)| (name, plain(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(plain).collect()),
        other => other,
    }
}

/// The first of these members that says something, as text.
pub(super) fn text(object: &Object, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| as_text(object.get(*name)?))
}

pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of these members that is yes or no.
pub(super) fn flag(object: &Object, names: &[&str]) -> Option<bool> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => Some(number.as_i64() != Some(0)),
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" => Some(true),
            "false" | "f" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    })
}

/// The scopes that a member names: as a list, or as text with blanks or commas between them.
pub(super) fn scopes(object: &Object, name: &str) -> Vec<String> {
    match object.get(name) {
        Some(Value::String(text)) => split(text, None),
        Some(Value::Array(all)) => all.iter().filter_map(as_text).collect(),
        _ => Vec::new(),
    }
}

/// The first of these members that is a time: as text, in seconds or in milliseconds since 1970.
pub(super) fn time(object: &Object, names: &[&str]) -> Option<Timestamp> {
    names.iter().find_map(|name| match object.get(*name)? {
        Value::Number(number) => moment(number.as_i64().or_else(|| whole(number.as_f64()?))?),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| moment(text.parse().ok()?)).or_else(|| without_zone(text))
        }
        _ => None,
    })
}

/// Numbers this large are milliseconds: as seconds they would lie in the year 5138.
fn moment(number: i64) -> Option<Timestamp> {
    if number.abs() >= 100_000_000_000 {
        Timestamp::from_millisecond(number).ok()
    } else {
        Timestamp::from_second(number).ok()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds is far below where this loses anything")]
fn whole(number: f64) -> Option<i64> {
    number.is_finite().then_some(number as i64)
}

/// As SQL prints it: in UTC, as those systems kept it.
fn without_zone(text: &str) -> Option<Timestamp> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_as_the_older_systems_wrote_them() {
        let object = plain(json!({
            "iso": "2025-03-04T05:06:07.000Z", "sql": "2025-03-04 05:06:07", "ms": 1_741_064_767_000_i64, "s": 1_741_064_767,
            "mongo": { "$date": "2025-03-04T05:06:07Z" }, "long": { "$date": { "$numberLong": "1741064767000" } },
        }));
        let expected: Timestamp = "2025-03-04T05:06:07Z".parse().unwrap();
        for name in ["iso", "sql", "ms", "s", "mongo", "long"] {
            assert_eq!(time(object.as_object().unwrap(), &[name]), Some(expected), "{name}");
        }
    }
}
