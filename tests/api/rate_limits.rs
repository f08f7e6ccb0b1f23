//! How much a caller may ask.

use std::time::Duration;

use local::aws::Service;
use support::{Answer, TestApp, User};

use crate::auth::key;

async fn me(app: &TestApp, user: &User) -> Answer {
    app.get("/api/auth/me").bearer(&user.access_token).send().await
}

#[tokio::test]
async fn a_person_may_ask_sixty_times_a_minute() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    for asked in 1..=60 {
        let answer = me(&app, &ada).await.expect(200);
        assert_eq!(answer.header("ratelimit-limit"), "60");
        assert_eq!(answer.header("ratelimit-remaining"), (60 - asked).to_string());
    }
    let refused = me(&app, &ada).await.expect(429);
    assert_eq!(refused.at("detail"), "Rate limit exceeded - too many requests per minute");
    assert_eq!(refused.code(), "rate.limited");
    assert_eq!(refused.header("ratelimit-remaining"), "0");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    app.clock().advance(Duration::from_secs(wait));
    me(&app, &ada).await.expect(200);
}

#[tokio::test]
async fn the_window_slides() {
    let app = TestApp::setup().set("RATE_LIMIT_PER_MINUTE", "10").start().await;
    let ada = app.register("ada@example.org").await;
    app.clock().advance(Duration::from_secs(59));
    for _ in 0..10 {
        me(&app, &ada).await.expect(200);
    }
    app.clock().advance(Duration::from_secs(2));
    me(&app, &ada).await.expect(429);
    app.clock().advance(Duration::from_secs(30));
    for _ in 0..4 {
        me(&app, &ada).await.expect(200);
    }
}

#[tokio::test]
async fn an_hour_has_its_own_limit() {
    let app = TestApp::setup().set("RATE_LIMIT_PER_HOUR", "100").start().await;
    let ada = app.register("ada@example.org").await;
    for _ in 0..4 {
        for _ in 0..25 {
            me(&app, &ada).await.expect(200);
        }
        app.clock().advance(Duration::from_mins(2));
    }
    let refused = me(&app, &ada).await.expect(429);
    assert_eq!(refused.at("detail"), "Rate limit exceeded - too many requests per hour");
}

#[tokio::test]
async fn other_operations_and_other_people_are_not_concerned() {
    let app = TestApp::setup().set("RATE_LIMIT_PER_MINUTE", "2").start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    for status in [200, 200, 429] {
        let _ = me(&app, &ada).await.expect(status);
    }
    app.get("/api/auth/keys").bearer(&ada.access_token).send().await.expect(200);
    me(&app, &eve).await.expect(200);
}

#[tokio::test]
async fn a_request_writes_once_and_a_refused_one_not_at_all() {
    let app = TestApp::setup().set("RATE_LIMIT_PER_MINUTE", "3").start().await;
    let ada = app.register("ada@example.org").await;
    app.faults().reset_counts();
    for _ in 0..3 {
        me(&app, &ada).await.expect(200);
    }
    assert_eq!(app.faults().count(Service::DynamoDb, "UpdateItem"), 3);
    for _ in 0..5 {
        me(&app, &ada).await.expect(429);
    }
    assert_eq!(app.faults().count(Service::DynamoDb, "UpdateItem"), 4, "the first refusal found out, the others knew");
}

#[tokio::test]
async fn a_service_key_has_its_own_numbers_and_writes_nothing() {
    let app = TestApp::setup().set("KEY_RATE_LIMIT_PER_MINUTE", "3").start().await;
    let ada = app.register("ada@example.org").await;
    let (text, _) = key(&app, &ada, serde_json::json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    app.faults().reset_counts();
    for status in [403, 403, 403, 429] {
        let answer = app.get("/api/auth/me").bearer(&text).send().await.expect(status);
        assert_eq!(answer.header("ratelimit-limit"), "3");
    }
    assert_eq!(app.faults().writes(), 0);
    app.clock().advance(Duration::from_mins(2));
    app.get("/api/auth/me").bearer(&text).send().await.expect(403);
}
