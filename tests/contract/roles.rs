//! What each role may do, over all operations: one table. An operation that is not in it refuses nobody for the role.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use support::{PASSWORD, PUBLIC_URL, Provider, TestApp, User};

use crate::operations::{self, Operation};

const EVERYBODY: &[&str] = &["admin", "member", "guest"];
const BUT_ADMINISTRATORS: &[&str] = &["member", "guest"];
const GUESTS: &[&str] = &["guest"];

/// Whom an operation refuses. What takes a service key refuses every person.
const REFUSED: &[(&str, &[&str])] = &[
    ("auth.change_organisation", BUT_ADMINISTRATORS),
    ("auth.change_role", BUT_ADMINISTRATORS),
    ("auth.create_user", BUT_ADMINISTRATORS),
    ("auth.delete_user", BUT_ADMINISTRATORS),
    ("auth.invitations", BUT_ADMINISTRATORS),
    ("auth.invite", BUT_ADMINISTRATORS),
    ("auth.list_users", BUT_ADMINISTRATORS),
    ("auth.members", GUESTS),
    ("auth.remove_member", BUT_ADMINISTRATORS),
    ("auth.show_user", BUT_ADMINISTRATORS),
    ("auth.take_invitation_back", BUT_ADMINISTRATORS),
    ("credentials.create", GUESTS),
    ("credentials.delete", GUESTS),
    ("credentials.global", EVERYBODY),
    ("credentials.log_usage", GUESTS),
    ("credentials.update", GUESTS),
    ("credentials.usage_report", GUESTS),
    ("integrations.admin", BUT_ADMINISTRATORS),
    ("integrations.attach_token", GUESTS),
    ("integrations.delete", GUESTS),
    ("integrations.disconnect", GUESTS),
    ("integrations.disconnect_form", GUESTS),
    ("integrations.edit", GUESTS),
    ("integrations.save", GUESTS),
    ("integrations.send_email", GUESTS),
    ("integrations.test", GUESTS),
    ("integrations.test_email", GUESTS),
    ("integrations.token", EVERYBODY),
    ("oauth.confirm_link", EVERYBODY),
    ("oauth.create_link", EVERYBODY),
    ("oauth.finish", GUESTS),
    ("oauth.form_page", GUESTS),
    ("oauth.github_callback", GUESTS),
    ("oauth.github_initiate", GUESTS),
    ("oauth.google_initiate", GUESTS),
    ("oauth.show_link", EVERYBODY),
    ("oauth.start", GUESTS),
    ("oauth.use_form", GUESTS),
];

/// What an operation must be told to get as far as the role.
fn body(operation: &str) -> Value {
    match operation {
        "auth.change_organisation" | "integrations.edit" => json!({ "name": "Another" }),
        "auth.change_role" => json!({ "role": "member" }),
        "auth.create_key" => json!({ "name": "k", "scopes": ["integrations:read"] }),
        "auth.create_user" => json!({ "externalId": "joe" }),
        "auth.invite" => json!({ "email": "kim@example.org" }),
        "oauth.confirm_link" => json!({ "code": "x", "user": "ext:joe" }),
        "oauth.create_link" => json!({ "user": "ext:joe", "providers": ["acme"], "returnTo": PUBLIC_URL }),
        "oauth.finish" | "oauth.github_callback" => json!({ "state": "x", "code": "x" }),
        "oauth.google_initiate" => json!({ "service": "google_calendar" }),
        "credentials.create" => json!({ "credentialType": "mine", "credentials": { "k": "v" } }),
        "credentials.log_usage" => json!({ "model": "m", "inputTokens": 1, "outputTokens": 1, "totalTokens": 2 }),
        "integrations.send_email" => json!({ "to": "kim@example.org", "subject": "s", "body": "b" }),
        "integrations.save" | "integrations.test" => json!({ "accessToken": "access-0" }),
        _ => json!({}),
    }
}

fn path(operation: &Operation) -> String {
    let provider = "acme".to_owned();
    let mut values = BTreeMap::from([("providerId", provider.clone()), ("type", provider)]);
    values.insert("userId", "me".to_owned());
    operation.filled(&values)
}

/// Operations that end the caller's own session.
const ENDS: [&str; 3] = ["console.sign_out", "auth.logout", "auth.leave"];

/// Those that end a session come last, and of them the one after which nobody is in the organisation any more.
fn in_order() -> Vec<Operation> {
    let mut all = operations::all();
    all.sort_by_key(|operation| ENDS.iter().position(|id| *id == operation.id).map_or(0, |place| place + 1));
    all
}

async fn signed_in(app: &TestApp, who: &User) -> String {
    let body = json!({ "email": who.email, "password": PASSWORD });
    let answer = app.post("/api/auth/login").json(body).send().await.expect(200);
    answer.at("access_token").as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_no_more() {
    let acme = Provider::start("acme").await;
    let app = TestApp::setup().provider(&acme).start().await;
    let ada = app.register("ada@example.org").await;
    let people: [(&str, User); 3] = [
        ("member", app.join(&ada, "bob@example.org", "member").await),
        ("guest", app.join(&ada, "joe@example.org", "guest").await),
        ("admin", ada),
    ];
    let mut refused = BTreeMap::<String, BTreeSet<&str>>::new();
    for operation in in_order() {
        let id = operation.alias_of.clone().unwrap_or_else(|| operation.id.clone());
        for (role, who) in &people {
            let ends = ENDS.contains(&operation.id.as_str());
            let token = if ends { signed_in(&app, who).await } else { who.access_token.clone() };
            let asked = app.request(operation.method.clone(), path(&operation)).bearer(&token);
            let answer = asked.header("origin", PUBLIC_URL).json(body(&id)).send().await;
            assert!(answer.status() != 401 || id.starts_with("console."), "{id} as {role}: {}", answer.text());
            if answer.code() == "auth.forbidden" {
                refused.entry(id.clone()).or_default().insert(role);
            }
        }
    }
    let table = REFUSED.iter().map(|(id, roles)| ((*id).to_owned(), roles.iter().copied().collect()));
    let table: BTreeMap<String, BTreeSet<&str>> = table.collect();
    assert_eq!(refused, table, "left: whom operations refuse; right: whom the table says they do");
}
