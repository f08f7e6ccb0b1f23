//! `POST /api/users`, and acting for the users that it makes.

use serde_json::{Value, json};
use support::{Answer, TestApp, User};

use super::{PASSWORD, ask, colleague, login};

/// A key that manages users and acts for them.
pub(crate) async fn back_end(app: &TestApp, admin: &User) -> String {
    let scopes = ["users:manage", "users:act", "integrations:read", "integrations:write", "tokens:read"];
    app.service_key(admin, json!({ "name": "back end", "scopes": scopes, "users": "*" })).await
}

/// Makes a user.
pub(crate) async fn made(app: &TestApp, key: &str, body: Value) -> Answer {
    app.post("/api/users").bearer(key).json(body).send().await
}

#[tokio::test]
async fn there_is_one_user_of_an_apps_id() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    let body = json!({ "externalId": "u-1", "email": "Joe@Example.org", "name": "Joe" });
    let first = made(&app, &key, body.clone()).await.expect(201);
    let names: Vec<String> = first.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["id", "externalId", "email", "name", "createdAt"]);
    assert_eq!(made(&app, &key, body).await.expect(200).json(), first.json());
    let renamed = made(&app, &key, json!({ "externalId": "u-1", "name": "Joseph" })).await.expect(200);
    assert_eq!((renamed.at("id"), renamed.at("name")), (first.at("id"), json!("Joseph")));
    assert_eq!(renamed.at("email"), "joe@example.org", "what is not told stays");
    let nameless = made(&app, &key, json!({ "external_id": "u-2" })).await.expect(201);
    assert_eq!((nameless.at("name"), nameless.at("email")), (json!("u-2"), Value::Null));
}

#[tokio::test]
async fn of_many_at_once_there_is_one() {
    let app = TestApp::with_system_clock().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    let body = json!({ "externalId": "u-1" });
    let (a, b, c) =
        tokio::join!(made(&app, &key, body.clone()), made(&app, &key, body.clone()), made(&app, &key, body.clone()));
    assert!(a.at("id") == b.at("id") && b.at("id") == c.at("id"), "{} {} {}", a.text(), b.text(), c.text());
    let mut statuses = [a.status(), b.status(), c.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 201]);
}

#[tokio::test]
async fn a_managed_user_cannot_sign_in_and_claims_no_address() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    made(&app, &key, json!({ "externalId": "u-1", "email": "joe@example.org" })).await.expect(201);
    for password in [PASSWORD, ""] {
        login(&app, "joe@example.org", password).send().await.expect(401);
    }
    app.register("joe@example.org").await;
}

#[tokio::test]
async fn a_key_acts_for_them_by_either_id() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    let id = made(&app, &key, json!({ "externalId": "u-1" })).await.at("id");
    for named in [id.as_str().unwrap(), "ext:u-1"] {
        let asked = app.get("/api/integrations").bearer(&key).header("x-on-behalf-of", named);
        assert_eq!(asked.send().await.expect(200).json(), json!([]));
    }
    let asked = app.get("/api/integrations").bearer(&key).header("x-on-behalf-of", "ext:u-2");
    asked.send().await.expect(403);
}

#[tokio::test]
async fn another_organisation_has_ids_of_its_own() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.register("ada@example.org").await, app.register("eve@example.org").await);
    let (of_ada, of_eve) = (back_end(&app, &ada).await, back_end(&app, &eve).await);
    let one = made(&app, &of_ada, json!({ "externalId": "u-1" })).await.expect(201).at("id");
    assert_ne!(made(&app, &of_eve, json!({ "externalId": "u-1" })).await.expect(201).at("id"), one);
    let asked = app.get("/api/integrations").bearer(&of_eve).header("x-on-behalf-of", one.as_str().unwrap());
    asked.send().await.expect(403);
}

#[tokio::test]
async fn bad_input_and_callers_without_the_right_are_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let key = back_end(&app, &ada).await;
    let long = "x".repeat(129);
    for body in [
        json!({}),
        json!({ "externalId": "" }),
        json!({ "externalId": "a b" }),
        json!({ "externalId": "é" }),
        json!({ "externalId": long }),
        json!({ "externalId": 7 }),
        json!({ "externalId": "u", "email": "joe" }),
        json!({ "externalId": "u", "name": "" }),
    ] {
        let answer = made(&app, &key, body.clone()).await;
        assert_eq!((answer.status(), answer.code().as_str()), (400, "request.invalid"), "{body}");
    }
    app.post("/api/users").json(json!({ "externalId": "u" })).send().await.expect(401);
    let plain = app.service_key(&ada, json!({ "name": "k", "scopes": ["users:act"], "users": "*" })).await;
    assert_eq!(made(&app, &plain, json!({ "externalId": "u" })).await.expect(403).code(), "auth.scope_missing");
    let narrow = app.service_key(&ada, json!({ "name": "k", "scopes": ["users:manage"] })).await;
    assert_eq!(made(&app, &narrow, json!({ "externalId": "u" })).await.expect(403).code(), "auth.forbidden");
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    ask(&app, &bob, "POST", "/api/users", json!({ "externalId": "u" })).await.expect(403);
    ask(&app, &ada, "POST", "/api/users", json!({ "externalId": "u" })).await.expect(201);
}
