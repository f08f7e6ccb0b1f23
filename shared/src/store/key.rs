//! How rows are addressed. Each part of a composed key is escaped, so that no name can run into its neighbour.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What would end a part.
const SEPARATORS: &AsciiSet = &CONTROLS.add(b'#').add(b'%');

/// Joins parts with `#`, escaping the separator inside them.
pub(crate) fn join(parts: &[&str]) -> String {
    let escaped: Vec<String> = parts.iter().map(|part| utf8_percent_encode(part, SEPARATORS).to_string()).collect();
    escaped.join("#")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_cannot_reach_into_the_next_part() {
        assert_ne!(join(&["p", "github#x", "y"]), join(&["p", "github", "x#y"]));
    }
}
