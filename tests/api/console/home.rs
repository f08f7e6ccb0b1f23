//! `console.home`: JSON for programs; for people a welcome, or their connections.

use local::aws::{Fault, Service};
use serde_json::json;
use support::{FRONTEND_URL, TestApp};

use super::is_a_page;
use crate::house::{House, names};

#[tokio::test]
async fn a_program_hears_that_we_are_here() {
    let app = TestApp::start().await;
    let answer = app.get("/").send().await.expect(200);
    assert_eq!(names(&answer.json()), ["message", "status", "version"]);
    assert_eq!(answer.at("status"), "healthy");
    app.get("/").bearer("nonsense").send().await.expect(200);
}

#[tokio::test]
async fn a_stranger_is_welcomed() {
    let app = TestApp::start().await;
    let page = app.browser().open("/").send().await.expect(200);
    is_a_page(&page);
    assert!(page.text().contains("href=\"/sign-up\"") && page.text().contains("href=\"/sign-in\""));
    assert_eq!(page.header("vary"), "Accept, Cookie");
}

#[tokio::test]
async fn a_person_sees_what_is_connected_and_what_could_be() {
    let house = House::start().await;
    house.connect("default").await;
    let browser = house.browser("ada@example.org").await;
    let page = browser.open("/").send().await.expect(200);
    is_a_page(&page);
    let text = page.text();
    assert!(text.contains("ada@example.org") && text.contains("account-1@provider.example"), "{text}");
    assert!(text.contains("data-disconnect=\"acme\""));
    assert!(text.contains("action=\"/api/integrations/oauth/start/github\""));
    let policy = page.header("content-security-policy");
    assert!(policy.ends_with(&format!("form-action 'self' {FRONTEND_URL}")), "forms end here or there: {policy}");
}

#[tokio::test]
async fn nobody_sees_anybody_elses_connections() {
    let house = House::start().await;
    house.connect("default").await;
    house.app.register("eve@example.org").await;
    let page = house.browser("eve@example.org").await.open("/").send().await.expect(200);
    assert!(!page.text().contains("account-1"), "{}", page.text());
}

#[tokio::test]
async fn the_address_chooses_among_our_sentences_and_adds_none() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    let page = async |query: &str| browser.open(&format!("/?{query}")).send().await.expect(200).text();
    assert!(page("oauth_success=acme").await.contains("acme is connected."));
    assert!(page("disconnected=acme").await.contains("acme is disconnected."));
    assert!(page("oauth_error=Handshake+expired").await.contains("That took too long."));
    let planted = page("oauth_error=Call+this+number&oauth_success=%3Cb%3EPwned").await;
    assert!(!planted.contains("Call this number") && !planted.contains("Pwned"), "{planted}");
}

#[tokio::test]
async fn a_grant_that_has_ended_asks_to_be_connected_again() {
    let house = House::start().await;
    house.connect("default").await;
    let key = house.token_key().await;
    house.pass(3500);
    house.acme.reply(support::Reply::error("invalid_grant"));
    house.token(&key).await.expect(409);
    let page = house.browser("ada@example.org").await.open("/").send().await.expect(200);
    assert!(page.text().contains("The connection has ended: connect again"), "{}", page.text());
}

/// A signed-in person is not shown the door because a table does not answer.
#[tokio::test]
async fn a_failing_database_is_told_and_not_taken_for_a_stranger() {
    let house = House::start().await;
    let browser = house.browser("ada@example.org").await;
    house.app.faults().add(Fault::deny().service(Service::DynamoDb).role("console").always());
    let answer = browser.open("/").send().await.expect(503);
    assert_eq!(answer.code(), "service.unavailable");
    assert_eq!(answer.at("success"), json!(false));
}
