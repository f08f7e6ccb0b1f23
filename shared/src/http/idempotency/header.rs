//! Reading the `Idempotency-Key` header.
//!
//! The IETF draft has the key in quotes (a structured field's string); most clients send it bare. Both are the same key.

use axum::http::HeaderMap;

use super::super::Error;

/// The header's name.
pub(super) const NAME: &str = "idempotency-key";
/// No key is longer.
const LONGEST: usize = 255;

/// The key. The header must be there; a gateway may have joined two of them by a comma, so a bare key holds none.
pub(super) fn read(headers: &HeaderMap) -> Result<String, Error> {
    let mut values = headers.get_all(NAME).iter();
    let text = values.next().and_then(|value| value.to_str().ok()).map(str::trim);
    let key = text.filter(|_| values.next().is_none()).and_then(|text| match text.strip_prefix('"') {
        Some(rest) => unquoted(rest),
        None => Some(text.to_owned()).filter(|text| !text.contains([',', '"'])),
    });
    let fits = |key: &String| (1..=LONGEST).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    key.filter(fits).ok_or_else(|| {
        let sentence = "This header is sent once and has 1 to 255 visible ASCII characters, without a comma unless it \
                        stands in quotes";
        Error::field(NAME, sentence)
    })
}

/// What stands in quotes, up to the closing one, behind which nothing may follow (RFC 9651, 4.2.5).
fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::with_capacity(rest.len());
    let mut letters = rest.chars();
    loop {
        match letters.next()? {
            '"' => return letters.as_str().is_empty().then_some(key),
            '\\' => key.push(letters.next().filter(|letter| matches!(letter, '"' | '\\'))?),
            letter => key.push(letter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(NAME, value.parse().unwrap());
        }
        read(&headers).ok()
    }

    #[test]
    fn a_key_in_quotes_is_the_same_as_one_without() {
        assert_eq!(of(&["8e03978e-40d5"]).as_deref(), Some("8e03978e-40d5"));
        assert_eq!(of(&["\"8e03978e-40d5\""]).as_deref(), Some("8e03978e-40d5"));
        assert_eq!(of(&[r#""a,b\"c\\""#]).as_deref(), Some(r#"a,b"c\"#));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let long = "x".repeat(256);
        let bad: [&[&str]; 11] = [
            &[""],
            &["\"\""],
            &["a b"],
            &["\"a"],
            &["a\""],
            &["\"a\";p=1"],
            &["\"a\", \"a\""],
            &["a,a"],
            &["a", "a"],
            &[r#""a\x""#],
            &[&long],
        ];
        for values in bad {
            assert_eq!(of(values), None, "{values:?}");
        }
        assert!(of(&["ä"]).is_none());
    }
}
