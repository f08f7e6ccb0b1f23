//! `console.health`: whether all is well.

use local::aws::{Fault, Service};
use serde_json::json;
use support::TestApp;

#[tokio::test]
async fn all_is_well_at_both_addresses() {
    let app = TestApp::start().await;
    let answer = app.get("/health").send().await.expect(200);
    let expected = json!({
        "status": "healthy",
        "timestamp": "2026-11-20T09:00:00Z",
        "version": env!("CARGO_PKG_VERSION"),
        "checks": { "database": "ok" },
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(app.get("/api/health").send().await.expect(200).bytes(), answer.bytes());
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_told_without_its_words() {
    let app = TestApp::start().await;
    app.faults().add(Fault::deny().service(Service::DynamoDb).role("console").always());
    let answer = app.get("/health").send().await.expect(503);
    assert_eq!(answer.at("status"), "unhealthy");
    assert_eq!(answer.at("error"), "The database does not answer");
    assert!(!answer.text().contains("Denied"), "{}", answer.text());
}
