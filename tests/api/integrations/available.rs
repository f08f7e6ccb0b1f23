//! `integrations.available`: the shop window, open to everybody.

use serde_json::Value;
use support::TestApp;

use crate::house::{House, names};

#[tokio::test]
async fn strangers_see_what_can_be_connected() {
    let app = TestApp::start().await;
    let answer = app.get("/api/integrations/available").send().await.expect(200);
    let Value::Array(all) = answer.json() else { panic!("{}", answer.text()) };
    let github = all.iter().find(|entry| entry["type"] == "github").unwrap();
    assert_eq!(names(github), ["auth", "capabilities", "category", "name", "type", "webhook_events"]);
    assert_eq!(github["name"], "GitHub");
    assert!(github["webhook_events"].as_array().unwrap().contains(&"push".into()));
    let telegram = all.iter().find(|entry| entry["type"] == "telegram").unwrap();
    assert_eq!(telegram["auth"], serde_json::json!(["api_key"]));
}

#[tokio::test]
async fn a_provider_file_of_the_operators_stands_beside_the_others() {
    let house = House::start().await;
    let answer = house.app.get("/api/integrations/available").send().await.expect(200);
    assert!(answer.json().as_array().unwrap().iter().any(|entry| entry["type"] == "acme"));
}

#[tokio::test]
async fn a_file_that_does_not_parse_hides_itself_alone() {
    let app = TestApp::setup().provider_file("broken", "name = ").start().await;
    let answer = app.get("/api/integrations/available").send().await.expect(200);
    let all = answer.json();
    let types: Vec<&str> = all.as_array().unwrap().iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert!(types.contains(&"github") && !types.contains(&"broken"), "{types:?}");
}
