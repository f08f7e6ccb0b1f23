//! `template.yaml` gives each function its paths and its settings.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use local::template::{Event, Function};
use shared::config::{Config, Env};

use crate::operations;

#[test]
fn every_operation_reaches_its_function() {
    let template = local::stack::template().unwrap();
    let mut astray = Vec::new();
    for operation in operations::all() {
        let path = operation.filled(&BTreeMap::new());
        let target = reached(&template.functions, &operation.method, &path).unwrap_or("nothing");
        // An alias is served by the function of the operation it leads to.
        let id = operation.alias_of.as_ref().unwrap_or(&operation.id);
        let (group, _) = id.split_once('.').unwrap();
        if target != group {
            astray.push(format!("{} {} reaches {target}, not {group}", operation.method, operation.path));
        }
    }
    assert!(astray.is_empty(), "{astray:#?}");
}

#[test]
fn every_function_starts_with_what_the_template_gives_it() {
    for function in &local::stack::template().unwrap().functions {
        let given = |name: &str| function.environment.get(name).cloned();
        let read = Config::read(&mut Env::new(&given)).map(|_| ());
        assert!(read.is_ok(), "{}: {}", function.name, read.unwrap_err());
    }
}

#[test]
fn every_setting_can_be_told_to_a_deployment() {
    let (read, given) = (settings_read(), settings_given());
    let missing: Vec<_> = read.iter().filter(|name| !given.contains(*name)).collect();
    // Its parameter's name stands in for it.
    assert_eq!(missing, ["PUBLIC_URL"]);
}

#[test]
fn the_template_sets_nothing_that_nobody_reads() {
    let mut read = settings_read();
    // `shared::observe` reads it before there are settings.
    read.insert("LOG_LEVEL".to_owned());
    let unread: Vec<_> = settings_given().into_iter().filter(|name| !read.contains(name)).collect();
    assert!(unread.is_empty(), "{unread:?}");
}

fn settings_read() -> BTreeSet<String> {
    let nothing = |_: &str| None;
    let mut env = Env::new(&nothing);
    // Without settings it complains, having asked for all of them.
    let _ = Config::read(&mut env);
    env.names().iter().map(|&name| name.to_owned()).collect()
}

fn settings_given() -> BTreeSet<String> {
    let functions = &local::stack::template().unwrap().functions;
    let mut given: BTreeSet<String> =
        functions.iter().flat_map(|function| function.environment.keys().cloned()).collect();
    // Given where the operator has a layer of provider files.
    given.insert("PROVIDERS_DIR".to_owned());
    given
}

/// The HTTP API's choice: a whole path before a prefix, the longer prefix first, and the default route last.
fn reached<'a>(functions: &'a [Function], method: &Method, path: &str) -> Option<&'a str> {
    let mut best: Option<(usize, &str)> = None;
    for function in functions {
        for event in &function.events {
            let Event::Http { method: wanted, path: pattern } = event else { continue };
            if wanted != "ANY" && wanted != method.as_str() {
                continue;
            }
            let rank = match pattern.strip_suffix("{proxy+}") {
                Some(prefix) if path.len() > prefix.len() && path.starts_with(prefix) => prefix.len(),
                None if pattern == path => usize::MAX,
                _ => continue,
            };
            // The default route takes what is left, `/` included.
            if best.is_none_or(|(least, _)| rank > least) {
                best = Some((rank, &function.name));
            }
        }
    }
    best.map(|(_, name)| name).or_else(|| (path == "/").then_some("console"))
}
