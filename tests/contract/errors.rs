//! Error codes are a promise: each is there once, and `infra/docs/errors.md` lists all of them.

use std::collections::BTreeSet;

use shared::http::Code;

use crate::operations::root;

#[test]
fn every_code_is_unique_and_dotted() {
    let mut seen = BTreeSet::new();
    for code in Code::ALL {
        let text = code.as_str();
        let (area, name) = text.split_once('.').expect("area.name");
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        assert!(plain(area) && plain(name), "{text}");
        assert!(seen.insert(text), "{text} is there twice");
        assert!(code.status().is_client_error() || code.status().is_server_error(), "{text}");
    }
}

#[test]
fn every_code_is_documented() {
    let page = std::fs::read_to_string(root().join("infra/docs/errors.md")).unwrap_or_default();
    let documented: BTreeSet<String> = page
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| Some(line.rsplitn(3, '|').nth(2)?.trim_end().to_owned()))
        .collect();
    let expected: BTreeSet<String> = Code::ALL.iter().map(|code| row(*code)).collect();
    let missing: Vec<_> = expected.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&expected).collect();
    assert!(missing.is_empty() && stale.is_empty(), "missing: {missing:#?}\nstale: {stale:#?}");
}

/// A row without its last cell, which is for people.
fn row(code: Code) -> String {
    format!("| `{}` | {} | {}", code.as_str(), code.status().as_u16(), code.title())
}
