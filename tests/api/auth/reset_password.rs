//! `POST /api/auth/password/reset`

use std::time::Duration;

use serde_json::json;
use support::{Answer, TestApp};

use super::{PASSWORD, ask, login, refresh};

const NEW: &str = "another horse battery";

async fn token(app: &TestApp) -> String {
    let body = json!({ "email": "ada@example.org" });
    app.post("/api/auth/password/forgot").json(body).send().await.expect(200);
    app.token_for("ada@example.org", "/reset").await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({ "token": token, "password": password });
    app.post("/api/auth/password/reset").json(body).send().await
}

#[tokio::test]
async fn the_new_password_counts_and_every_session_ends() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let browser = app.browser();
    browser.post("/sign-in").form(&[("email", "ada@example.org"), ("password", PASSWORD)]).send().await.expect(303);
    let token = token(&app).await;
    ask(&app, &ada, "GET", "/api/auth/me", json!({})).await.expect(200);
    reset(&app, &token, NEW).await.expect(200);
    ask(&app, &ada, "GET", "/api/auth/me", json!({})).await.expect(401);
    refresh(&app, &ada.refresh_token).await.expect(401);
    app.clock().advance(Duration::from_mins(1));
    browser.open("/api/auth/me").send().await.expect(401);
    login(&app, "ada@example.org", PASSWORD).send().await.expect(401);
    let signed_in = login(&app, "ada@example.org", NEW).send().await.expect(200);
    assert_eq!(signed_in.at("/user/is_verified"), true, "who read the mail has the address");
}

#[tokio::test]
async fn a_token_is_good_once_and_makes_others_void() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let (first, second) = (token(&app).await, token(&app).await);
    reset(&app, &second, NEW).await.expect(200);
    for used in [&second, &first] {
        assert_eq!(reset(&app, used, PASSWORD).await.expect(400).code(), "auth.link_invalid");
    }
    login(&app, "ada@example.org", NEW).send().await.expect(200);
}

#[tokio::test]
async fn of_two_at_once_one_sets_it() {
    let app = TestApp::with_system_clock().await;
    app.register("ada@example.org").await;
    let token = token(&app).await;
    let (one, other) =
        tokio::join!(reset(&app, &token, "first horse battery"), reset(&app, &token, "second horse battery"));
    let mut statuses = [one.status(), other.status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
}

#[tokio::test]
async fn it_ends_after_half_an_hour() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let token = token(&app).await;
    app.clock().advance(Duration::from_mins(30));
    assert_eq!(reset(&app, &token, NEW).await.expect(400).code(), "auth.link_invalid");
}

/// A password that is refused costs the link nothing.
#[tokio::test]
async fn bad_input_loses_nothing() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let token = token(&app).await;
    for password in ["short", &"x".repeat(1025)] {
        assert_eq!(reset(&app, &token, password).await.expect(400).at("/errors/0/pointer"), "/password");
    }
    app.post("/api/auth/password/reset").json(json!({ "password": NEW })).send().await.expect(400);
    reset(&app, &"0".repeat(44), NEW).await.expect(400);
    reset(&app, &token, NEW).await.expect(200);
}

#[tokio::test]
async fn a_lost_answer_is_not_noticed() {
    for n in 1..=2 {
        let app = TestApp::start().await;
        app.register("ada@example.org").await;
        let token = token(&app).await;
        app.faults().add(local::aws::Fault::lose_answer().service(local::aws::Service::DynamoDb).writes().nth(n));
        reset(&app, &token, NEW).await.expect(200);
        assert_eq!(app.faults().struck(), 1, "{n}");
        login(&app, "ada@example.org", NEW).send().await.expect(200);
    }
}

#[tokio::test]
async fn tokens_are_not_guessed_at_leisure() {
    let app = TestApp::start().await;
    for _ in 0..20 {
        reset(&app, &"1".repeat(44), NEW).await.expect(400);
    }
    assert_eq!(reset(&app, &"1".repeat(44), NEW).await.expect(429).code(), "rate.limited");
}

/// Somebody who only claimed the address had the account first. A reset by its owner ends what they made.
#[tokio::test]
async fn keys_made_before_the_address_was_proven_end_with_the_reset() {
    let app = TestApp::start().await;
    let eve = app.register("ada@example.org").await;
    let before = app.service_key(&eve, json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    let status = async |key: &str| app.get("/api/integrations").bearer(key).send().await.status();
    assert_eq!(status(&before).await, 200);
    let usual = async || super::get(&app, &eve, "usual").await.as_l().unwrap().clone();
    let of_eve = usual().await;
    let body = json!({ "token": token(&app).await, "password": NEW });
    app.post("/api/auth/password/reset").json(body).from_ip("192.0.2.7").send().await.expect(200);
    assert!(usual().await.len() == 1 && usual().await != of_eve, "where somebody else was is not the owner's place");
    app.clock().advance(Duration::from_mins(1));
    assert_eq!(status(&before).await, 401);

    // Later ones are the owner's, who may forget a password.
    let ada = support::User::signed_in(&login(&app, "ada@example.org", NEW).send().await.expect(200));
    let after = app.service_key(&ada, json!({ "name": "k", "scopes": ["integrations:read"] })).await;
    reset(&app, &token(&app).await, PASSWORD).await.expect(200);
    app.clock().advance(Duration::from_mins(1));
    assert_eq!(status(&after).await, 200);
}
