//! `oauth.github_initiate`: D2's way to begin to connect GitHub.

use serde_json::json;
use support::{FRONTEND_URL, TestApp};

use crate::house::{House, names};

#[tokio::test]
async fn it_says_where_to_go_and_what_will_come_back() {
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    let path = "/api/auth/github/initiate";
    for body in [json!({}), json!({ "userId": house.ada.id }), json!({ "userId": "me" })] {
        let answer = house.as_ada(house.app.post(path)).json(body).send().await.expect(200);
        assert_eq!(names(&answer.json()), ["authUrl", "state", "success"]);
        let url: url::Url = answer.at("authUrl").as_str().unwrap().parse().unwrap();
        assert_eq!(url.host_str(), Some("github.com"));
        assert!(url.query_pairs().any(|(name, value)| name == "state" && answer.at("state") == *value));
    }
    let back = format!("{FRONTEND_URL}/github/callback");
    let asked = house.as_ada(house.app.post(path)).json(json!({ "redirectUri": back }));
    let url: url::Url = asked.send().await.expect(200).at("authUrl").as_str().unwrap().parse().unwrap();
    assert!(url.query_pairs().any(|(name, value)| name == "redirect_uri" && value == back));
}

#[tokio::test]
async fn nobody_begins_for_somebody_else() {
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    let bob = house.colleague("bob@example.org").await;
    for user in [bob.id.as_str(), "usr_zzzzzzzzzzzzzzzzzzzzzz"] {
        let asked = house.as_ada(house.app.post("/api/auth/github/initiate"));
        asked.json(json!({ "userId": user })).send().await.expect(403);
    }
}

#[tokio::test]
async fn a_foreign_address_and_a_missing_client_are_told() {
    let house = House::start().await;
    let ask = async |body| house.as_ada(house.app.post("/api/auth/github/initiate")).json(body).send().await;
    assert_eq!(ask(json!({})).await.expect(400).code(), "provider.not_configured");
    let house = House::of(TestApp::setup().client("github", "id", "hush")).await;
    let asked = house.as_ada(house.app.post("/api/auth/github/initiate"));
    let answer = asked.json(json!({ "redirectUri": "https://evil.example/" })).send().await.expect(400);
    assert_eq!(answer.code(), "oauth.redirect_refused");
}
