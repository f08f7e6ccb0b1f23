//! `PATCH /api/auth/organisation`

use serde_json::json;
use support::TestApp;

use super::{ask, colleague};

const PATH: &str = "/api/auth/organisation";

#[tokio::test]
async fn an_administrator_names_it_and_says_where_links_may_lead() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let changed = ask(&app, &ada, "PATCH", PATH, json!({ "name": " Analytical Engines " })).await.expect(200);
    assert_eq!(changed.at("name"), "Analytical Engines");
    let origins = json!({ "returnOrigins": ["https://App.example.com/", "http://localhost:5173"] });
    let changed = ask(&app, &ada, "PATCH", PATH, origins).await.expect(200);
    assert_eq!(changed.at("name"), "Analytical Engines", "what is left out stays");
    assert_eq!(changed.at("return_origins"), json!(["https://app.example.com", "http://localhost:5173"]));
    assert_eq!(ask(&app, &ada, "GET", PATH, json!({})).await.at("return_origins"), changed.at("return_origins"));
}

#[tokio::test]
async fn what_is_no_name_and_no_origin_is_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let long = "x".repeat(201);
    let many = vec!["https://a.example"; 21];
    for body in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": long }),
        json!({ "name": "a\nb" }),
        json!({ "return_origins": ["http://app.example.com"] }),
        json!({ "return_origins": ["https://app.example.com/path"] }),
        json!({ "return_origins": ["*"] }),
        json!({ "return_origins": many }),
        json!({ "return_origins": "https://app.example.com" }),
    ] {
        let answer = ask(&app, &ada, "PATCH", PATH, body.clone()).await;
        assert_eq!((answer.status(), answer.code().as_str()), (400, "request.invalid"), "{body}");
    }
    assert_eq!(ask(&app, &ada, "GET", PATH, json!({})).await.at("name"), "Ada Lovelace's team");
}

#[tokio::test]
async fn nobody_else_changes_it() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let bob = colleague(&app, &ada, "bob@example.org", "member").await;
    ask(&app, &bob, "PATCH", PATH, json!({ "name": "Bob's" })).await.expect(403);
    app.patch(PATH).json(json!({ "name": "Nobody's" })).send().await.expect(401);
    assert_eq!(ask(&app, &ada, "GET", PATH, json!({})).await.at("name"), "Ada Lovelace's team");
}
