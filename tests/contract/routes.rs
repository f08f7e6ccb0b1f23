//! Every path of the contract reaches the function that answers it.

use std::collections::BTreeMap;

use local::template::{Event, Template};

use crate::{deployed, operations};

const PATHS: &[(&str, &[&str])] = &[
    (
        "auth",
        &[
            "/.well-known/jwks.json",
            "/api/auth/keys",
            "/api/auth/keys/key_1",
            "/api/auth/login",
            "/api/auth/logout",
            "/api/auth/me",
            "/api/auth/refresh",
            "/api/auth/register",
            "/api/auth/organisation/members/usr_1",
            "/api/auth/invitations/accept",
            "/api/auth/password/reset",
            "/api/users",
            "/api/users/ext:joe",
        ],
    ),
    (
        "credentials",
        &[
            "/api/credentials",
            "/api/credentials/global/openai",
            "/api/credentials/int_1",
            "/api/usage/log",
            "/api/usage/report",
        ],
    ),
    (
        "integrations",
        &[
            "/api/admin/integrations",
            "/api/auth/github/disconnect",
            "/api/auth/github/status/usr_1",
            "/api/auth/integrations/usr_1",
            "/api/google-calendar/attach-token",
            "/api/google-calendar/disconnect",
            "/api/google-calendar/status/usr_1",
            "/api/google-drive/disconnect",
            "/api/google-drive/status/usr_1",
            "/api/integrations",
            "/api/integrations/available",
            "/api/integrations/github/credentials",
            "/api/integrations/github/test",
            "/api/integrations/github/token",
            "/api/integrations/int_1",
            "/api/integrations/status",
            "/console/disconnect/github",
        ],
    ),
    (
        "oauth",
        &[
            "/api/auth/github/callback",
            "/api/auth/github/initiate",
            "/api/google/callback",
            "/api/google/initiate",
            "/api/integrations/connect/github",
            "/api/integrations/oauth/callback",
            "/api/integrations/oauth/callback/github",
            "/api/integrations/oauth/start/github",
            "/api/integrations/oauth/status/hs_1",
            "/api/connect/links",
            "/api/connect/links/lnk_1/confirm",
            "/callback",
            "/oauth/confirm",
            "/oauth/link",
            "/connect/x",
            "/console/connect/github",
        ],
    ),
    (
        "console",
        &["/", "/api", "/api/health", "/console/postern.css", "/health", "/no/such/path", "/sign-in", "/reset"],
    ),
];

/// Whom API Gateway gives a path to: an exact route, else the longest greedy one (what `{proxy+}` takes may be empty), else
/// the default. Right for routes of these forms, which `routes_are_of_forms_that_api_gateway_takes` sees to.
fn reached<'a>(template: &'a Template, path: &str) -> &'a str {
    let mut best = (0, "");
    for function in &template.functions {
        for event in &function.events {
            let Event::Http { path: route, .. } = event else { continue };
            let weight = match route.strip_suffix("{proxy+}") {
                Some(prefix) if path.starts_with(prefix) => prefix.len() + 1,
                None if route == path => usize::MAX,
                None if route == "$default" => 1,
                _ => 0,
            };
            if weight > best.0 {
                best = (weight, &function.name);
            }
        }
    }
    best.1
}

#[test]
fn every_path_reaches_its_function() {
    let template = deployed();
    for (function, paths) in PATHS {
        for path in *paths {
            assert_eq!(reached(&template, path), *function, "{path}");
        }
    }
}

#[test]
fn every_operation_reaches_its_function() {
    let template = deployed();
    for operation in operations::all() {
        // An alias is served by the function of the operation that it leads to.
        let id = operation.alias_of.as_ref().unwrap_or(&operation.id);
        let (group, _) = id.split_once('.').unwrap_or_default();
        assert_eq!(reached(&template, &operation.filled(&BTreeMap::new())), group, "{}", operation.path);
    }
}

#[test]
fn a_trailing_slash_changes_nothing() {
    let template = deployed();
    for (function, paths) in PATHS {
        // A key set's address is fixed by its standard; nobody spells it otherwise.
        for path in paths.iter().filter(|path| !path.starts_with("/.well-known/")) {
            assert_eq!(reached(&template, &format!("{path}/")), *function, "{path}/");
        }
    }
}

#[test]
fn routes_are_of_forms_that_api_gateway_takes() {
    for function in deployed().functions {
        for event in function.events {
            let Event::Http { method, path } = event else { continue };
            // A route by method would send other methods to the default route: a preflight, what deserves a 405.
            assert_eq!(method, "ANY", "{path}");
            let fixed = path.strip_suffix("{proxy+}").unwrap_or(&path);
            assert!(!fixed.contains(['{', '*']), "{path}: variables elsewhere would need a finer rule here");
            assert!(!path.ends_with('/'), "{path}: SAM drops a route that ends in a slash, without a word");
        }
    }
}

#[test]
fn one_function_takes_what_is_nobodys() {
    let template = deployed();
    let defaults = template.functions.iter().flat_map(|function| &function.events);
    let defaults = defaults.filter(|event| matches!(event, Event::Http { path, .. } if path == "$default"));
    assert_eq!(defaults.count(), 1);
}
