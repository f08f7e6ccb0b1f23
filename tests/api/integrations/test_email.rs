//! `integrations.test_email`: 200 either way, and nothing sent unless it is wanted.

use local::aws::{Fault, Service};
use serde_json::{Value, json};
use support::Answer;

use crate::house::House;

async fn test(house: &House, body: Value) -> Answer {
    house.as_ada(house.app.post("/api/email/test")).json(body).send().await
}

#[tokio::test]
async fn without_any_mail_server_it_says_so() {
    let house = House::start().await;
    let answer = test(&house, json!({})).await.expect(200);
    assert_eq!(answer.at("success"), false);
    assert_eq!(answer.at("error"), "No mail server is set up");
}

#[tokio::test]
async fn a_test_mail_goes_where_mails_go() {
    let house = House::start().await;
    let answer = test(&house, json!({ "testEmail": "grace@example.org" })).await.expect(200);
    assert_eq!(answer.at("success"), true, "{}", answer.text());
    assert_eq!(answer.at("messageId"), house.app.letters()[0].id);
}

#[tokio::test]
async fn a_server_that_may_not_be_called_fails_the_test() {
    let house = House::start().await;
    let bare = json!({ "smtpHost": "10.0.0.1", "smtpPort": 587, "username": "ada", "password": "hush-hush", "from": "a@example.org" });
    for body in [bare.clone(), json!({ "smtpConfig": bare })] {
        let answer = test(&house, body).await.expect(200);
        assert_eq!(answer.at("success"), false);
        assert!(answer.at("error").as_str().unwrap().contains("not public"), "{}", answer.text());
    }
    for body in [
        json!({ "smtpConfig": "smtp.example.org" }),
        json!({ "testEmail": 1 }),
        json!({ "testEmail": "a\r\nb@example.org" }),
    ] {
        test(&house, body).await.expect(400);
    }
}

/// Wherever the form has put it, and however it is spelled.
#[tokio::test]
async fn whom_to_is_read_beside_the_server_and_within_it() {
    for (n, body) in [
        json!({ "test_email": "grace@example.org" }),
        json!({ "smtpConfig": { "testEmail": "grace@example.org" } }),
        json!({ "smtp_config": { "test_email": "grace@example.org" } }),
        json!({ "testEmail": "grace@example.org", "smtpConfig": { "testEmail": "joe@example.org" } }),
    ]
    .into_iter()
    .enumerate()
    {
        let house = House::start().await;
        let answer = test(&house, body).await.expect(200);
        assert_eq!(answer.at("success"), true, "{n}: {}", answer.text());
        assert_eq!(house.app.letters()[0].to, "grace@example.org", "{n}");
    }
    test(&House::start().await, json!({ "smtpConfig": { "testEmail": 1 } })).await.expect(400);
}

/// That many mails are too many is no word on the server.
#[tokio::test]
async fn a_limit_and_an_outage_of_ours_are_told_as_that() {
    let house = crate::integrations::send_email::house_with_a_server_that_is_down().await;
    let mail = json!({ "testEmail": "grace@example.org" });
    for _ in 0..30 {
        assert_eq!(test(&house, mail.clone()).await.expect(200).at("success"), false);
    }
    assert_eq!(test(&house, mail).await.expect(429).code(), "rate.limited");
    house.app.faults().add(Fault::deny().service(Service::DynamoDb).operation("GetItem").role("integrations").always());
    assert_eq!(test(&house, json!({})).await.expect(503).code(), "service.unavailable");
}
