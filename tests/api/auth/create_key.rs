//! `POST /api/auth/keys`

use local::aws::Service;
use serde_json::{Value, json};
use support::{Answer, TestApp, User};

use super::{PASSWORD, colleague, key};

async fn create(app: &TestApp, maker: &User, body: Value) -> Answer {
    app.post("/api/auth/keys").bearer(&maker.access_token).json(body).send().await
}

#[tokio::test]
async fn a_key_is_shown_once_with_what_it_may_do() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let body = json!({
        "name": "al-chat", "scopes": ["tokens:read", "credentials:reveal", "tokens:read"],
        "providers": ["openai"], "projectId": "al-chat", "expiresInDays": 30,
    });
    let made = create(&app, &ada, body).await.expect(200).json();
    assert!(made["key"].as_str().unwrap().starts_with("sk_"));
    assert_eq!(made["scopes"], json!(["tokens:read", "credentials:reveal"]));
    assert_eq!(made["providers"], json!(["openai"]));
    assert_eq!(made["users"], json!([ada.id]), "the maker, where nobody is named");
    assert_eq!(made["project"], "al-chat");
    assert_eq!(made["expires_at"], "2026-12-20T09:00:00Z");
    let listed = app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    assert_eq!(listed.at("/keys/0/id"), made["id"]);
    assert!(!listed.text().contains(made["key"].as_str().unwrap()));
}

#[tokio::test]
async fn what_is_not_acceptable_is_named() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let with = |name: &str, value: Value| {
        let mut body = json!({ "name": "ci", "scopes": ["tokens:read"] });
        body[name] = value;
        body
    };
    let cases = [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("scopes", json!([])),
        ("scopes", json!(["everything"])),
        ("providers", json!([])),
        ("providers", json!("github")),
        ("users", json!(vec!["usr_x"; 51])),
        ("project", json!("\u{7}")),
        ("expires_in_days", json!(0)),
        ("expires_in_days", json!(731)),
    ];
    for (name, value) in cases {
        let answer = create(&app, &ada, with(name, value.clone())).await.expect(400);
        let pointer = answer.at("/errors/0/pointer");
        assert!(pointer.as_str().unwrap().starts_with(&format!("/{name}")), "{name} = {value}: {pointer}");
    }
}

#[tokio::test]
async fn nobody_makes_a_key_for_a_stranger() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    for users in [json!([ada.id]), json!([eve.id, ada.id]), json!(["usr_0000000000000000000000"]), json!([ada.email])] {
        let body = json!({ "name": "theft", "scopes": ["tokens:read"], "users": users });
        let answer = create(&app, &eve, body).await.expect(403);
        assert_eq!(answer.at("detail"), "Forbidden");
    }
    let own = json!({ "name": "own", "scopes": ["tokens:read"], "users": ["me"] });
    assert_eq!(create(&app, &eve, own).await.expect(200).at("users"), json!([eve.id]));
    let all = json!({ "name": "all", "scopes": ["tokens:read"], "users": "*" });
    assert_eq!(create(&app, &eve, all).await.expect(200).at("users"), "*");
}

#[tokio::test]
async fn a_key_makes_no_keys() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let every = ["tokens:read", "integrations:read", "integrations:write", "credentials:reveal", "users:act"];
    let (key, _) = key(&app, &ada, json!({ "name": "ci", "scopes": every, "users": "*" })).await;
    let body = json!({ "name": "child", "scopes": ["tokens:read"] });
    app.post("/api/auth/keys").bearer(&key).json(body.clone()).send().await.expect(403);
    app.post("/api/auth/keys").json(body).send().await.expect(401);
}

/// Whoever is only remembered makes no key.
#[tokio::test]
async fn a_remembered_caller_is_looked_up_again() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(200);
    app.faults().reset_counts();
    create(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await.expect(200);
    assert_eq!(app.faults().count(Service::DynamoDb, "GetItem"), 2, "session and user are read again");
}

#[tokio::test]
async fn a_page_of_another_site_makes_no_key() {
    let app = TestApp::start().await;
    let mut browser = app.browser();
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    let body = json!({ "name": "ci", "scopes": ["tokens:read"] });
    browser.on("https://evil.example");
    browser.post("/api/auth/keys").json(body.clone()).send().await.expect(403);
    browser.on(support::PUBLIC_URL);
    browser.post("/api/auth/keys").json(body).send().await.expect(200);
}

#[tokio::test]
async fn a_member_makes_keys_for_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    let body = |users: Value| json!({ "name": "ci", "scopes": ["tokens:read"], "users": users });
    for users in [json!("*"), json!([ada.id]), json!([bob.id, ada.id])] {
        create(&app, &bob, body(users)).await.expect(403);
    }
    create(&app, &bob, body(json!([bob.id]))).await.expect(200);
    create(&app, &ada, body(json!([bob.id]))).await.expect(200);
}

#[tokio::test]
async fn nobody_gives_a_key_a_right_that_they_lack() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let guest = colleague(&app, &ada, "guest@example.org", "guest").await;
    create(&app, &guest, json!({ "name": "ci", "scopes": ["tokens:read"] })).await.expect(403);
    create(&app, &guest, json!({ "name": "ci", "scopes": ["integrations:read"] })).await.expect(200);
}

/// A limit with a typing mistake would be no limit.
#[tokio::test]
async fn what_a_key_is_limited_to_is_understood_or_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let with = |name: &str, value: Value| {
        let mut body = json!({ "name": "ci", "scopes": ["tokens:read"] });
        body[name] = value;
        body
    };
    create(&app, &ada, with("provider", json!(["github"]))).await.expect(400);
    let unknown = create(&app, &ada, with("providers", json!(["github", "nope"]))).await.expect(400);
    assert_eq!(unknown.at("/errors/0/pointer"), "/providers/1");
    let alias = create(&app, &ada, with("providers", json!(["google_workspace"]))).await.expect(200);
    assert_eq!(alias.at("providers"), json!(["google"]));
    create(&app, &ada, json!(["ci", ["tokens:read"]])).await.expect(400);
}
