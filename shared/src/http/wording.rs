//! What is wrong with a value, in sentences of ours that name the field and say what is expected. A parser's own words are
//! for whoever wrote the parser, and may quote what was sent.

use super::FieldError;

/// No name of a field is told at greater length, in characters.
const LONGEST: usize = 100;

/// The sentence for what serde says of the value at `path`. What our own types expect stands behind serde's `expected`.
pub(super) fn told(path: &[String], said: &str) -> FieldError {
    let said = said.trim();
    if let Some(missing) = quoted(said, "missing field ") {
        let pointer = pointer(path) + "/" + missing;
        return FieldError { pointer, detail: format!("`{missing}` is missing") };
    }
    if let Some(doubled) = quoted(said, "duplicate field ") {
        return FieldError { pointer: pointer(path), detail: format!("`{}` was sent twice", short(doubled)) };
    }
    if let Some(unknown) = quoted(said, "unknown field ") {
        let known = said.split_once(", expected ").map_or("nothing", |(_, known)| known);
        let detail = format!("`{}` is not known here: what is known is {known}", short(unknown));
        return FieldError { pointer: pointer(path), detail };
    }
    let name = if path.is_empty() { "The body".to_owned() } else { format!("`{}`", short(&path.join("/"))) };
    let detail = match expected(said) {
        Some(expected) => format!("{name} must be {expected}"),
        None => format!("{name} is not of the form that is expected here"),
    };
    FieldError { pointer: pointer(path), detail }
}

fn pointer(path: &[String]) -> String {
    path.iter().flat_map(|part| ["/", part]).collect()
}

/// The name in backquotes behind `start`.
fn quoted<'a>(said: &'a str, start: &str) -> Option<&'a str> {
    said.strip_prefix(start)?.strip_prefix('`')?.split('`').next()
}

fn short(name: &str) -> String {
    name.chars().take(LONGEST).collect()
}

/// What would be taken in place of what was sent.
fn expected(said: &str) -> Option<String> {
    if let Some(rest) = said.strip_prefix("unknown variant ") {
        return rest.rsplit_once("expected ").map(|(_, known)| known.to_owned());
    }
    if let Some(ours) = said.strip_prefix("expected ") {
        return Some(ours.to_owned());
    }
    let known = ["invalid type: ", "invalid value: ", "invalid length "].iter().any(|start| said.starts_with(start));
    let (_, expected) = said.rsplit_once(", expected ").filter(|_| known)?;
    Some(plain(expected).to_owned())
}

/// A type of Rust's, as JSON has it.
fn plain(kind: &str) -> &str {
    match kind {
        "a map" => "an object",
        "a sequence" => "a list",
        "a string" | "a borrowed string" | "string or map" => "text",
        "a boolean" => "true or false",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "f32" | "f64" => "a number",
        _ if kind.starts_with("struct ") => "an object",
        ours => ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detail(path: &[&str], said: &str) -> String {
        let path: Vec<String> = path.iter().map(|part| (*part).to_owned()).collect();
        told(&path, said).detail
    }

    #[test]
    fn a_sentence_names_the_field_and_what_is_expected_and_quotes_nothing() {
        for (path, said, sentence) in [
            (&["settings"][..], "invalid type: string \"sk-secret\", expected a map", "`settings` must be an object"),
            (&["tokens"], "invalid value: integer `-1`, expected u32", "`tokens` must be a whole number, 0 or more"),
            (&["scopes", "0"], "unknown variant `sk-secret`, expected `a` or `b`", "`scopes/0` must be `a` or `b`"),
            (&["role"], "unknown variant `x`, expected one of `a`, `b`, `c`", "`role` must be one of `a`, `b`, `c`"),
            (&[], "invalid type: null, expected struct Create", "The body must be an object"),
            (&[], "missing field `model`", "`model` is missing"),
            (&["at"], "sk-secret: relative URL without a base", "`at` is not of the form that is expected here"),
            (&["users"], "expected \"*\" or a list", "`users` must be \"*\" or a list"),
        ] {
            assert_eq!(detail(path, said), sentence);
        }
        let path = ["label".to_owned()];
        assert_eq!(told(&path, "missing field `x`").pointer, "/label/x");
    }

    #[test]
    fn what_is_quoted_cannot_pass_for_what_is_expected() {
        let said = "invalid type: string \"a, expected my words\", expected a map";
        assert_eq!(detail(&["f"], said), "`f` must be an object");
        assert_eq!(detail(&["f"], "invalid words, expected mine"), "`f` is not of the form that is expected here");
    }
}
