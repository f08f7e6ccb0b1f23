//! The answer of each write in turn gets lost after the write was done: the SDK tries again, and nobody notices.

use local::aws::{Fault, Service};
use serde_json::json;
use support::TestApp;

use crate::auth::{PASSWORD, key, login, refresh};

/// Everything that accounts and keys write, once; tells the statuses.
async fn story(app: &TestApp) -> Vec<u16> {
    let ada = app.register("ada@example.org").await;
    let mut statuses = vec![
        login(app, "ada@example.org", "a guess or so").send().await.status(),
        login(app, "ada@example.org", PASSWORD).from_ip("198.51.100.1").send().await.status(),
    ];
    let next = refresh(app, &ada.refresh_token).await;
    statuses.push(next.status());
    let token = next.at("access_token");
    let token = token.as_str().unwrap();
    let (_, id) = key(app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    statuses.push(app.get("/api/auth/me").bearer(token).send().await.status());
    statuses.push(app.delete(format!("/api/auth/keys/{id}")).bearer(token).send().await.status());
    statuses.push(app.post("/api/auth/logout").bearer(token).send().await.status());
    statuses
}

#[tokio::test]
async fn a_lost_answer_at_any_write_changes_nothing() {
    let app = TestApp::start().await;
    let told = story(&app).await;
    let writes = app.faults().writes();
    assert!(writes > 15, "{writes}");
    for n in 1..=writes {
        let app = TestApp::start().await;
        app.faults().add(Fault::lose_answer().writes().nth(n));
        assert_eq!(story(&app).await, told, "answer {n} of {writes} lost");
        assert_eq!(app.faults().struck(), 1, "answer {n} of {writes}");
    }
}

#[tokio::test]
async fn a_conflict_between_transactions_is_tried_again() {
    let app = TestApp::start().await;
    app.faults().add(Fault::conflict().service(Service::DynamoDb).operation("TransactWriteItems").times(2));
    app.register("ada@example.org").await;
    assert_eq!(app.faults().struck(), 2);
}

/// Nothing half-made: an address whose registration failed is free.
#[tokio::test]
async fn a_registration_that_fails_leaves_nothing_behind() {
    let app = TestApp::start().await;
    app.faults().add(Fault::deny().service(Service::DynamoDb).operation("TransactWriteItems").always());
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    let answer = app.post("/api/auth/register").json(body).send().await.expect(503);
    assert_eq!(answer.code(), "service.unavailable");
    app.faults().clear();
    app.register("ada@example.org").await;
}
