//! `oauth.github_callback`: D2's front end hands in what GitHub sent it.

use serde_json::json;
use support::{Provider, TestApp};

use crate::house::House;

async fn house() -> (House, Provider) {
    let github = Provider::start("github").await;
    let file = format!("override = true\n{}", github.file());
    (House::of(TestApp::setup().provider(&github).provider_file("github", &file)).await, github)
}

async fn state(house: &House) -> String {
    let asked = house.as_ada(house.app.post("/api/auth/github/initiate")).json(json!({ "userId": house.ada.id }));
    asked.send().await.expect(200).at("state").as_str().unwrap().to_owned()
}

#[tokio::test]
async fn code_and_state_in_the_address_connect() {
    let (house, _github) = house().await;
    let path = format!("/api/auth/github/callback?code=c&state={}", state(&house).await);
    let answer = house.as_ada(house.app.post(&path)).json(json!({ "userId": house.ada.id })).send().await.expect(200);
    assert_eq!(answer.at("success"), true);
    assert_eq!(answer.at("/githubUser/username"), "account-1-login");
    assert_eq!(answer.at("/githubUser/email"), "account-1@provider.example");
    let status = house.get("/api/auth/github/status/me").await.expect(200);
    assert_eq!(status.at("/githubStatus/connected"), true);
    // Once.
    house.as_ada(house.app.post(&path)).send().await.expect(400);
    // And away again.
    let gone = house.as_ada(house.app.post("/api/auth/github/disconnect")).json(json!({})).send().await.expect(200);
    assert_eq!(gone.at("success"), true);
    let status = house.get("/api/auth/github/status/me").await.expect(200);
    assert_eq!(status.at("/githubStatus/connected"), false);
}

#[tokio::test]
async fn a_state_of_another_provider_or_user_is_refused() {
    let (house, github) = house().await;
    let acme = house.begin(json!({})).await.state();
    let hers = state(&house).await;
    let bob = house.colleague("bob@example.org").await;
    let ask = async |state: &str, token: &str| {
        let path = format!("/api/auth/github/callback?code=c&state={state}");
        house.app.post(path).bearer(token).send().await.expect(400).code()
    };
    assert_eq!(ask(&acme, &house.ada.access_token).await, "oauth.invalid_state");
    assert_eq!(ask(&hers, &bob.access_token).await, "oauth.invalid_state");
    assert_eq!(ask("made-up", &house.ada.access_token).await, "oauth.invalid_state");
    house.as_ada(house.app.post("/api/auth/github/callback?code=c")).send().await.expect(400);
    assert_eq!((github.count("token"), house.acme.count("token")), (0, 0));
}
