//! `POST /api/auth/refresh`

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use local::aws::Service;
use serde_json::json;
use support::{Answer, TestApp};

use super::{refresh, set};

fn token(answer: &Answer) -> String {
    answer.at("refresh_token").as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_refresh_token_gives_the_next_pair() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.clock().advance(Duration::from_hours(1));
    app.get("/api/auth/me").bearer(&ada.access_token).send().await.expect(401);
    let answer = refresh(&app, &ada.refresh_token).await.expect(200);
    let json = answer.json();
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "refresh_token", "token_type", "expires_in"]);
    assert_ne!(token(&answer), ada.refresh_token);
    app.get("/api/auth/me").bearer(json["access_token"].as_str().unwrap()).send().await.expect(200);
    let camel = json!({ "refreshToken": token(&answer) });
    app.post("/api/auth/refresh").json(camel).send().await.expect(200);
}

#[tokio::test]
async fn many_tabs_at_once_get_the_same_successor() {
    let app = TestApp::with_system_clock().await;
    let ada = app.register("ada@example.org").await;
    let ask = || refresh(&app, &ada.refresh_token);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let tokens = [a, b, c, d].map(|answer| token(&answer.expect(200)));
    assert!(tokens.iter().all(|other| *other == tokens[0]));
    refresh(&app, &tokens[0]).await.expect(200);
}

#[tokio::test]
async fn a_used_token_that_comes_back_late_ends_the_session() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let next = refresh(&app, &ada.refresh_token).await.expect(200);
    app.clock().advance(Duration::from_secs(10));
    assert_eq!(token(&refresh(&app, &ada.refresh_token).await.expect(200)), token(&next));
    app.clock().advance(Duration::from_secs(1));
    let late = refresh(&app, &ada.refresh_token).await.expect(401);
    assert_eq!(late.at("detail"), "Could not validate credentials");
    assert_eq!(late.code(), "auth.invalid_token");
    refresh(&app, &token(&next)).await.expect(401);
    let access = next.at("access_token");
    app.get("/api/auth/me").bearer(access.as_str().unwrap()).send().await.expect(401);
}

#[tokio::test]
async fn a_reused_token_is_written_down() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    refresh(&app, &ada.refresh_token).await.expect(200);
    app.clock().advance(Duration::from_mins(1));
    app.faults().reset_counts();
    refresh(&app, &ada.refresh_token).await.expect(401);
    refresh(&app, &ada.refresh_token).await.expect(401);
    assert_eq!(app.faults().count(Service::DynamoDb, "PutItem"), 1, "one entry for one theft");
}

#[tokio::test]
async fn no_chain_of_refreshes_outlives_seven_days() {
    let app = TestApp::start().await;
    let mut newest = app.register("ada@example.org").await.refresh_token;
    for _ in 0..6 {
        app.clock().advance(Duration::from_hours(24));
        newest = token(&refresh(&app, &newest).await.expect(200));
    }
    app.clock().advance(Duration::from_hours(24) - Duration::from_mins(10));
    let last = refresh(&app, &newest).await.expect(200);
    assert_eq!(last.at("expires_in"), 600, "no access token outlives its session");
    app.clock().advance(Duration::from_mins(10));
    refresh(&app, &token(&last)).await.expect(401);
}

#[tokio::test]
async fn another_kind_of_token_is_told_so() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let answer = refresh(&app, &ada.access_token).await.expect(401);
    assert_eq!(answer.at("detail"), "Invalid token type");
    assert_eq!(answer.code(), "auth.wrong_token_type");
    for nonsense in ["", "rt_", "rt_x_y", "nonsense", &"x".repeat(9000), "rt_0000000000000000000000_\u{1F511}"] {
        let answer = refresh(&app, nonsense).await.expect(401);
        assert_eq!(answer.at("detail"), "Could not validate credentials");
    }
    app.post("/api/auth/refresh").json(json!({})).send().await.expect(400);
}

#[tokio::test]
async fn a_guess_at_a_page_session_does_not_end_it() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let body = json!({ "email": "ada@example.org", "password": super::PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    let cookie = browser.cookie("__Host-postern_session").unwrap();
    refresh(&app, &cookie).await.expect(401);
    browser.open("/api/auth/me").send().await.expect(200);
}

#[tokio::test]
async fn a_new_seed_signs_nobody_out() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let next = refresh(&app, &ada.refresh_token).await.expect(200);
    app.aws().put_secret("postern-seeds", json!({ "seed": "n".repeat(64) }).to_string()).unwrap();
    app.clock().advance(Duration::from_mins(6));
    let access = next.at("access_token");
    app.get("/api/auth/me").bearer(access.as_str().unwrap()).send().await.expect(200);
    refresh(&app, &token(&next)).await.expect(200);
}

#[tokio::test]
async fn a_user_who_was_switched_off_is_found_no_more() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    set(&app, &ada, "is_active", AttributeValue::Bool(false)).await;
    let answer = refresh(&app, &ada.refresh_token).await.expect(401);
    assert_eq!(answer.at("detail"), "User not found");
    set(&app, &ada, "is_active", AttributeValue::Bool(true)).await;
    refresh(&app, &ada.refresh_token).await.expect(200);
}
