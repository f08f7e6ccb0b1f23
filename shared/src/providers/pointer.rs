//! Where a fact sits in a JSON answer: a JSON pointer (RFC 6901), with one step of our own for lists.
//!
//! `/[primary=true,verified=true]/email` takes the first element of a list of which all that holds.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

/// A place in a JSON document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    First(Vec<(String, String)>),
}

/// Text that is not a pointer.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not a JSON pointer: {problem}")]
pub struct InvalidPointer {
    text: String,
    problem: &'static str,
}

impl Pointer {
    /// Reads a pointer. The empty one names the whole document.
    pub fn parse(text: &str) -> Result<Self, InvalidPointer> {
        let invalid = |problem| InvalidPointer { text: text.to_owned(), problem };
        if text.is_empty() {
            return Ok(Self::whole());
        }
        let rest = text.strip_prefix('/').ok_or_else(|| invalid("it starts with `/`"))?;
        let steps = rest.split('/').map(|step| Step::parse(step).map_err(invalid)).collect::<Result<_, _>>()?;
        Ok(Self { text: text.to_owned(), steps })
    }

    /// The whole document.
    pub fn whole() -> Self {
        Self { text: String::new(), steps: Vec::new() }
    }

    /// What stands there.
    pub fn find<'j>(&self, document: &'j Value) -> Option<&'j Value> {
        self.steps.iter().try_fold(document, |here, step| step.take(here))
    }

    /// What stands there as text: strings that are not empty, and numbers.
    pub fn text(&self, document: &Value) -> Option<String> {
        match self.find(document)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl Step {
    fn parse(step: &str) -> Result<Self, &'static str> {
        let Some(conditions) = step.strip_prefix('[') else { return unescape(step).map(Self::Key) };
        let conditions = conditions.strip_suffix(']').ok_or("a `[` without its `]`")?;
        let pairs = conditions.split(',').map(|condition| {
            let (key, value) = condition.split_once('=').ok_or("a condition is written `[key=value]`")?;
            Ok((unescape(key)?, unescape(value)?))
        });
        pairs.collect::<Result<_, _>>().map(Self::First)
    }

    fn take<'j>(&self, here: &'j Value) -> Option<&'j Value> {
        match (self, here) {
            (Self::Key(key), Value::Object(map)) => map.get(key),
            (Self::Key(key), Value::Array(list)) => list.get(index(key)?),
            (Self::First(wanted), Value::Array(list)) => {
                list.iter().find(|element| wanted.iter().all(|(key, value)| equals(element.get(key), value)))
            }
            _ => None,
        }
    }
}

/// RFC 6901 section 4: digits without a leading zero.
fn index(key: &str) -> Option<usize> {
    (key == "0" || !key.starts_with('0')).then(|| key.parse().ok()).flatten()
}

fn equals(found: Option<&Value>, wanted: &str) -> bool {
    match found {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Bool(truth)) => wanted == if *truth { "true" } else { "false" },
        Some(Value::Number(number)) => wanted == number.to_string().as_str(),
        _ => false,
    }
}

fn unescape(step: &str) -> Result<String, &'static str> {
    let mut plain = String::new();
    let mut chars = step.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '~' { chars.next() } else { None }) {
            ('~', Some('0')) => plain.push('~'),
            ('~', Some('1')) => plain.push('/'),
            ('~', _) => return Err("`~` is followed by `0` or `1`"),
            (c, _) => plain.push(c),
        }
    }
    Ok(plain)
}

impl TryFrom<String> for Pointer {
    type Error = InvalidPointer;
    fn try_from(text: String) -> Result<Self, InvalidPointer> {
        Self::parse(&text)
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_finds_what_rfc_6901_finds() {
        let document = json!({"a/b": {"m~n": [10, {"": 20}]}, ".tag": "x", "off": false, "none": null, "empty": ""});
        let cases = [
            ("/a~1b/m~0n/0", Some("10")),
            ("/a~1b/m~0n/1/", Some("20")),
            ("/.tag", Some("x")),
            ("/a~1b/m~0n/00", None),
            ("/a~1b/m~0n/-", None),
            ("/off", None),
            ("/none", None),
            ("/empty", None),
            ("/missing/deep", None),
        ];
        for (pointer, expected) in cases {
            assert_eq!(Pointer::parse(pointer).unwrap().text(&document).as_deref(), expected, "{pointer}");
        }
        assert_eq!(Pointer::parse("").unwrap().find(&document), Some(&document));
    }

    #[test]
    fn a_list_is_searched_by_conditions() {
        let emails = json!([
            {"email": "old@example.test", "primary": false, "verified": true},
            {"email": "new@example.test", "primary": true, "verified": true},
        ]);
        let primary = Pointer::parse("/[primary=true,verified=true]/email").unwrap();
        assert_eq!(primary.text(&emails).as_deref(), Some("new@example.test"));
        assert_eq!(primary.text(&json!([{"email": "x", "primary": true, "verified": false}])), None);
    }

    #[test]
    fn what_is_no_pointer_is_refused() {
        for text in ["a", "a/b", "/a~2", "/a~", "/[a=1", "/[a]"] {
            assert!(Pointer::parse(text).is_err(), "{text}");
        }
    }
}
