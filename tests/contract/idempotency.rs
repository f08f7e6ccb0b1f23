//! Which operations honour an `Idempotency-Key`, and whose answers are kept for it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::access::PUBLIC;

/// Operations whose answers are not kept: sent again under their key, they are refused. An operation that is not named
/// here shows no token, no key and no address that serves as one, and says `x-idempotency: replayed`.
const ONCE: [&str; 13] = [
    // A key, or a sign-in's tokens.
    "auth.accept_invitation",
    "auth.create_key",
    // A cookie.
    "auth.logout",
    "console.sign_out",
    // A link whose holder may connect an account; addresses that hold a handshake's state.
    "oauth.create_link",
    "oauth.connect",
    "oauth.github_initiate",
    "oauth.google_initiate",
    "oauth.start",
    // Settings in free form, which may hold secrets.
    "integrations.edit",
    // Where a page's form leads.
    "oauth.confirm",
    "oauth.use_form",
    "integrations.disconnect_form",
];

/// What the member of an answer is called that may show a secret.
const TELLING: [&str; 9] = ["token", "secret", "password", "apikey", "key", "code", "state", "cookie", "url"];
/// Members that are called so and are none.
const HARMLESS: [&str; 1] = ["oauth.github_callback: avatarUrl"];

/// Each operation that changes something: its id, and the operation.
fn unsafe_ones() -> Vec<(String, Value)> {
    let document = serde_json::to_value(local::functions::api().into_openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().values();
    let all = paths.flat_map(|item| item.as_object().unwrap().clone());
    let all = all.filter(|(method, _)| ["post", "put", "patch", "delete"].contains(&method.as_str()));
    all.map(|(_, operation)| (operation["operationId"].as_str().unwrap().to_owned(), operation)).collect()
}

fn said(operation: &Value) -> Option<&str> {
    operation["x-idempotency"].as_str()
}

#[test]
fn an_operation_honours_a_key_exactly_if_it_takes_a_sign_in() {
    for (id, operation) in unsafe_ones() {
        let public = PUBLIC.contains(&id.as_str());
        assert_eq!(said(&operation).is_none(), public, "{id}: `security` and the list of operations for strangers");
        let header = operation["parameters"].as_array().is_some_and(|all| {
            all.iter().any(|parameter| parameter["name"] == "idempotency-key" && parameter["in"] == "header")
        });
        assert_eq!(header, !public, "{id}: the header in its document");
        for status in ["409", "422"] {
            let told = operation["responses"][status]["description"].to_string().contains("idempotency key");
            assert_eq!(told, !public, "{id}: {status}");
        }
    }
}

#[test]
fn the_answers_that_are_not_kept_are_those_of_this_list() {
    let all = unsafe_ones();
    let once = all.iter().filter(|(_, one)| said(one) == Some("once")).map(|(id, _)| id.as_str());
    assert_eq!(once.collect::<BTreeSet<_>>(), BTreeSet::from(ONCE), "left: as the operations say it");
}

#[test]
fn a_kept_answer_has_no_member_that_shows_a_secret() {
    let document = serde_json::to_value(local::functions::api().into_openapi()).unwrap();
    let mut found = Vec::new();
    for (id, operation) in unsafe_ones().iter().filter(|(_, operation)| said(operation) == Some("replayed")) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with('2') {
                members(&document, response, &mut Vec::new(), &mut |name| {
                    if is_telling(name) {
                        found.push(format!("{id}: {name}"));
                    }
                });
            }
        }
    }
    assert_eq!(found, HARMLESS, "say `x-idempotency: replayed` of an answer only where these show nothing");
}

fn is_telling(name: &str) -> bool {
    let plain = name.replace(['_', '-'], "").to_lowercase();
    TELLING.iter().any(|telling| plain.ends_with(telling)) || plain.contains("token") || plain.contains("secret")
}

/// All members of all objects that a schema can have.
fn members(document: &Value, schema: &Value, seen: &mut Vec<String>, tell: &mut impl FnMut(&str)) {
    match schema {
        Value::Object(parts) => {
            if let Some(reference) = parts.get("$ref").and_then(Value::as_str) {
                if !seen.iter().any(|known| known == reference) {
                    seen.push(reference.to_owned());
                    let target = document.pointer(reference.trim_start_matches('#')).unwrap();
                    members(document, target, seen, tell);
                }
                return;
            }
            if let Some(Value::Object(properties)) = parts.get("properties") {
                properties.keys().for_each(|name| tell(name));
            }
            parts.values().for_each(|part| members(document, part, seen, tell));
        }
        Value::Array(parts) => parts.iter().for_each(|part| members(document, part, seen, tell)),
        _ => {}
    }
}

#[test]
fn the_walk_finds_a_key_where_one_is_shown() {
    let document = serde_json::to_value(local::functions::api().into_openapi()).unwrap();
    let (_, created) = unsafe_ones().into_iter().find(|(id, _)| id == "auth.create_key").unwrap();
    let mut found = Vec::new();
    members(&document, &created["responses"]["200"], &mut Vec::new(), &mut |name| {
        if is_telling(name) {
            found.push(name.to_owned());
        }
    });
    assert!(found.contains(&"key".to_owned()), "{found:?}");
}
