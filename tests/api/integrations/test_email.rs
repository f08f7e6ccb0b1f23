//! `integrations.test_email`: 200 either way, and nothing sent unless it is wanted.

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
