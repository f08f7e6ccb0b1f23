//! Who may call: one table over all operations. An operation that is not named here asks who is calling.

use std::collections::{BTreeMap, BTreeSet};

use support::TestApp;

use crate::operations;

/// Operations that answer strangers, each because the contract says so. This list may only shrink.
const PUBLIC: [&str; 4] = ["auth.jwks", "auth.login", "auth.refresh", "auth.register"];

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in() {
    let app = TestApp::start().await;
    let mut open = BTreeSet::new();
    for operation in operations::all() {
        let path = operation.filled(&BTreeMap::new());
        let answer = app.request(operation.method.clone(), &path).json(serde_json::json!({})).send().await;
        let refused = answer.status() == 401 && answer.code() == "auth.required";
        if !refused {
            open.insert(operation.alias_of.unwrap_or(operation.id));
        }
    }
    let named: BTreeSet<String> = PUBLIC.iter().map(|&id| id.to_owned()).collect();
    assert_eq!(open, named, "left: operations that answer strangers; right: those that are meant to");
}
