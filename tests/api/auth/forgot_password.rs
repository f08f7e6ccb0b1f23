//! `POST /api/auth/password/forgot`

use local::aws::{Fault, Service};
use serde_json::json;
use support::{Answer, PUBLIC_URL, TestApp};

async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.post("/api/auth/password/forgot").json(json!({ "email": email })).send().await
}

#[tokio::test]
async fn whoever_has_the_address_gets_a_mail() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    forgot(&app, " ADA@example.org").await.expect(200);
    let token = app.token_for("ada@example.org", "/reset").await;
    let letter = app.letters().into_iter().find(|letter| letter.text.contains("/reset?token=")).unwrap();
    assert!(letter.text.contains(&format!("{PUBLIC_URL}/reset?token={token}")), "{}", letter.text);
}

/// Same status, same body, and the very same requests to AWS: so also the same time.
#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answer_by_the_same_work() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    app.work().await;
    let so_far = app.letters().len();
    let mut seen = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        app.faults().reset_counts();
        let answer = forgot(&app, email).await.expect(200);
        let mut headers: Vec<_> = answer.headers().keys().map(|name| name.as_str().to_owned()).collect();
        headers.sort();
        seen.push((answer.text(), headers, app.faults().counts()));
    }
    assert_eq!(seen[0], seen[1]);
    app.work().await;
    assert_eq!(app.letters().len(), so_far + 1);
}

/// Nothing of what a stolen table holds sets a password.
#[tokio::test]
async fn the_token_is_in_the_mail_and_in_no_table() {
    let house = crate::house::House::start().await;
    forgot(&house.app, "ada@example.org").await.expect(200);
    let waiting = format!("{:?}", house.rows("timers").await);
    let token = house.app.token_for("ada@example.org", "/reset").await;
    for table in ["users", "timers", "guards", "audit", "handshakes"] {
        assert!(!format!("{:?}", house.rows(table).await).contains(&token), "{table}");
    }
    assert!(!waiting.contains(&token));
}

#[tokio::test]
async fn neither_an_account_nor_an_address_of_the_network_gets_many() {
    let app = TestApp::start().await;
    for n in 0..5 {
        let ask = app.post("/api/auth/password/forgot").json(json!({ "email": "ada@example.org" }));
        ask.from_ip(&format!("198.51.100.{n}")).send().await.expect(200);
    }
    assert_eq!(forgot(&app, "ada@example.org").await.expect(429).code(), "rate.limited");
    for n in 0..19 {
        forgot(&app, &format!("a{n}@example.org")).await.expect(200);
    }
    forgot(&app, "b@example.org").await.expect(429);
    for body in [json!({}), json!({ "email": "ada" }), json!({ "email": 7 })] {
        app.post("/api/auth/password/forgot").json(body).from_ip("192.0.2.9").send().await.expect(400);
    }
}

/// Somebody asks for mails in the owner's name all the time: there is always a good link in the owner's mail.
#[tokio::test]
async fn asking_without_end_keeps_no_mail_from_its_owner() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    for minute in 0..180 {
        let ask = app.post("/api/auth/password/forgot").json(json!({ "email": "ada@example.org" }));
        ask.from_ip(&format!("198.51.100.{minute}")).send().await;
        app.work().await;
        app.clock().advance(std::time::Duration::from_mins(1));
    }
    let body =
        json!({ "token": app.token_for("ada@example.org", "/reset").await, "password": "another horse battery" });
    app.post("/api/auth/password/reset").json(body).send().await.expect(200);
}

/// The mail is not lost where the tables are away when it is to be written.
#[tokio::test]
async fn a_mail_that_could_not_be_written_comes_later() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    app.work().await;
    let so_far = app.letters().len();
    forgot(&app, "ada@example.org").await.expect(200);
    app.faults().add(Fault::deny().service(Service::DynamoDb).role("token-refresh").operation("GetItem").times(1));
    app.work().await;
    assert_eq!(app.letters().len(), so_far);
    app.clock().advance(std::time::Duration::from_mins(2));
    app.tick().await;
    assert_eq!(app.letters().len(), so_far + 1);
}
