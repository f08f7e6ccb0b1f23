//! Records of every shape, whole and broken off.

use serde_json::json;

use super::*;

fn read(text: &str, map: bool) -> (Vec<(Option<String>, Value)>, Option<String>) {
    let (mut found, mut broken) = (Vec::new(), None);
    for record in Splitter::new(text.as_bytes(), map).fuse_at_error() {
        match record {
            Ok(record) => found.push((record.key, record.value)),
            Err(sentence) => broken = Some(sentence),
        }
    }
    (found, broken)
}

#[test]
fn lines_lists_and_maps_give_the_same_records() {
    let records = [json!({ "a": "}],\"", "b": [1, { "c": "\\" }] }), json!({ "a": 2 })];
    let lines = format!("{}\n{:#}\n", records[0], records[1]);
    let list = format!("\u{feff}[\n{},\n {} ]\n", records[0], records[1]);
    let map = format!("{{ \"x\": {}, \"y\" : {} }}", records[0], records[1]);
    for (text, keys) in [(lines, [None, None]), (list, [None, None]), (map, [Some("x"), Some("y")])] {
        let (found, broken) = read(&text, keys[0].is_some());
        assert_eq!(broken, None, "{text}");
        assert_eq!(found.iter().map(|(key, _)| key.as_deref()).collect::<Vec<_>>(), keys, "{text}");
        assert_eq!(found.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), records, "{text}");
    }
}

#[test]
fn records_by_line_are_told_from_a_map_by_their_first_member() {
    let text = r#"{"providerId":"telegram","credentials":{"botToken":"1:x"}} {"providerId":"slack"}"#;
    let (found, broken) = read(text, true);
    assert_eq!((found.len(), broken), (2, None));
    assert_eq!(found[0].1["credentials"]["botToken"], "1:x");
    assert_eq!(found[0].0, None);
}

#[test]
fn an_empty_file_has_no_records() {
    for text in ["", " \n", "[]", "[ ]\n", "{}"] {
        assert_eq!(read(text, true), (vec![], None), "{text:?}");
    }
}

#[test]
fn a_file_that_ends_in_the_middle_says_where_and_gives_what_was_whole() {
    for text in ["{\"a\":1}\n{\"a\":", "[{\"a\":1},\n{\"a\":2", "[{\"a\":1}\n", "[{\"a\":1},\n"] {
        let (found, broken) = read(text, false);
        assert_eq!(found.len(), 1, "{text:?}");
        let broken = broken.unwrap();
        assert!(
            broken.starts_with("line 2, byte ") && broken.contains("1 whole record before it"),
            "{text:?}: {broken}"
        );
    }
}

#[test]
fn what_is_no_json_says_where() {
    let (found, broken) = read("{\"a\":1}\n{a:2}\n", false);
    assert_eq!(found.len(), 1);
    assert!(broken.unwrap().starts_with("line 2, byte 13: this is no JSON"));
}
