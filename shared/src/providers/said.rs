//! What a provider says to people, made fit to be shown: bounded, without controls, without the secrets we sent.

use super::values::Values;
use crate::secret::Secret;

/// More than a sentence is not kept.
const LONGEST: usize = 300;
/// A run of so many characters of a secret counts as that secret.
const TELLING: usize = 8;

/// The secrets that went out with a request. Has no `Debug`.
#[derive(Clone, Default)]
pub struct Sent(Vec<Secret<String>>);

impl Sent {
    /// These secrets.
    pub fn new(secrets: impl IntoIterator<Item = Secret<String>>) -> Self {
        Self(secrets.into_iter().filter(|secret| !secret.expose().is_empty()).collect())
    }

    /// All secrets among the values.
    pub(super) fn all(values: &Values) -> Self {
        Self::new(values.secrets().cloned())
    }

    /// The text with our secrets struck out, pieces of them too, controls replaced, and an end.
    pub fn clean(&self, text: &str) -> String {
        // A provider that answers with megabytes is not read to the end.
        let near: String = text.chars().take(4 * LONGEST).map(|c| if unfit(c) { ' ' } else { c }).collect();
        let mut struck = near;
        for secret in &self.0 {
            struck = strike(&struck, secret.expose());
        }
        let words = struck.split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        }
    }
}

/// Controls, and marks that turn the direction of what follows.
fn unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Replaces each run that also stands in `secret`.
fn strike(text: &str, secret: &str) -> String {
    let window = secret.chars().count().min(TELLING);
    // Nobody's secret is three letters long, and striking those out would leave no text.
    if window < 4 {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    let mut clean = String::new();
    let mut at = 0;
    while at < chars.len() {
        let mut end = at + window;
        let stands = |end: usize| end <= chars.len() && secret.contains(&chars[at..end].iter().collect::<String>());
        if stands(end) {
            while stands(end + 1) {
                end += 1;
            }
            clean.push_str("[removed]");
            at = end;
        } else {
            clean.push(chars[at]);
            at += 1;
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(secret: &str) -> Sent {
        Sent::new([Secret::from(secret)])
    }

    #[test]
    fn a_secret_that_comes_back_is_struck_out_even_in_pieces() {
        let sent = sent("ghr_abcdefghijklmnopqrstuvwxyz");
        assert_eq!(sent.clean("token ghr_abcdefghijklmnopqrstuvwxyz is bad"), "token [removed] is bad");
        assert_eq!(sent.clean("token ghr_abcdef... and ...tuvwxyz"), "token [removed]... and ...tuvwxyz");
        assert_eq!(sent.clean("token stuvwxyz"), "token [removed]");
    }

    #[test]
    fn controls_go_and_length_is_bounded() {
        let none = Sent::default();
        assert_eq!(none.clean("a\r\nSet-Cookie: b\0\u{202e}c\x1b[31m"), "a Set-Cookie: b c [31m");
        assert_eq!(none.clean(&"é".repeat(100_000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_very_short_secret_leaves_the_text_readable() {
        assert_eq!(sent("a").clean("a bad day"), "a bad day");
        assert_eq!(sent("abcd").clean("abcd bad"), "[removed] bad");
    }
}
