//! `integrations.send_email`: mails, and what is none. The talk with real mail servers is in `tests/peers/smtp.rs`.

use serde_json::{Value, json};
use support::{Answer, TestApp};

use crate::house::House;

async fn send(house: &House, mail: Value) -> Answer {
    house.as_ada(house.app.post("/api/email/send")).json(mail).send().await
}

fn mail(to: &str, subject: &str) -> Value {
    json!({ "to": to, "subject": subject, "body": "Hello" })
}

#[tokio::test]
async fn without_any_mail_server_it_stays_in_the_outbox() {
    let house = House::start().await;
    let sent = send(&house, mail("grace@example.org", "Hi")).await.expect(200);
    assert_eq!(sent.at("success"), true);
    assert_eq!((sent.at("to"), sent.at("subject")), (json!("grace@example.org"), json!("Hi")));
    let letters = house.app.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(sent.at("emailId"), letters[0].id);
    assert_eq!((letters[0].to.as_str(), letters[0].text.as_str()), ("grace@example.org", "Hello"));
}

#[tokio::test]
async fn what_reaches_into_a_header_is_refused_by_name() {
    let house = House::start().await;
    for (body, pointer) in [
        (mail("grace@example.org\r\nBcc: eve@example.org", "Hi"), "/to"),
        (mail("grace@example.org, eve@example.org", "Hi"), "/to"),
        (mail("nobody", "Hi"), "/to"),
        (mail("grace@example.org", "Hi\r\nBcc: eve@example.org"), "/subject"),
        (mail("grace@example.org", ""), "/subject"),
        (json!({ "to": "grace@example.org", "subject": "Hi", "body": " " }), "/body"),
        (json!({ "to": "grace@example.org", "subject": "Hi" }), "/body"),
        (json!({ "to": 1, "subject": "Hi", "body": "Hello" }), "/to"),
    ] {
        let answer = send(&house, body.clone()).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), pointer, "{body}: {}", answer.text());
    }
    assert_eq!(house.app.letters().len(), 0);
}

#[tokio::test]
async fn a_mail_server_on_a_private_address_or_an_odd_port_is_not_called() {
    let house = House::start().await;
    for (host, port) in [
        ("127.0.0.1", 587),
        ("169.254.169.254", 587),
        ("10.0.0.1", 465),
        ("localhost", 587),
        ("::1", 587),
        ("::ffff:10.0.0.1", 587),
        ("2130706433", 587),
        ("1.1.1.1", 25),
        ("1.1.1.1", 6379),
    ] {
        let mut body = mail("grace@example.org", "Hi");
        body["smtpConfig"] =
            json!({ "host": host, "port": port, "user": "ada", "pass": "a-good-password", "from": "ada@example.org" });
        let answer = send(&house, body).await.expect(400);
        assert_eq!(answer.code(), "egress.address_refused", "{host}:{port}: {}", answer.text());
        assert!(!answer.text().contains("a-good-password"));
    }
}

#[tokio::test]
async fn a_mail_server_of_no_shape_is_named() {
    let house = House::start().await;
    let mut body = mail("grace@example.org", "Hi");
    body["smtpConfig"] = json!({ "host": "smtp.example.org", "port": "many", "user": "ada", "pass": "hush-hush", "from": "Ada\r\n<ada@example.org>" });
    let answer = send(&house, body).await.expect(400);
    assert_eq!(answer.at("/errors/0/pointer"), "/credentials/smtpPort");
    let mut body = mail("grace@example.org", "Hi");
    body["smtpConfig"] = json!({ "host": "smtp.example.org", "user": "ada", "pass": "hush-hush", "from": "ada@example.org\r\nBcc: eve@example.org" });
    let answer = send(&house, body).await.expect(400);
    assert!(answer.at("error").as_str().unwrap().contains("sender"), "{}", answer.text());
}

#[tokio::test]
async fn another_label_means_a_server_of_ones_own() {
    let house = House::start().await;
    let ask = house.as_ada(house.app.post("/api/email/send?label=work"));
    ask.json(mail("grace@example.org", "Hi")).send().await.expect(404);
    assert_eq!(house.app.letters().len(), 0);
}

/// The operator's mail server is not there; he lets it write to everybody.
pub(crate) async fn house_with_a_server_that_is_down() -> House {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    House::of(TestApp::setup().smtp(port, "postern@example.org", "hush").set("SMTP_RECIPIENTS", "*")).await
}

#[tokio::test]
async fn whoever_sends_too_much_by_the_operators_server_is_told_when_to_come_back() {
    let house = house_with_a_server_that_is_down().await;
    let mail = json!({ "to": "grace@example.org", "subject": "Hello", "body": "Hello" });
    let key = house.key(json!({ "name": "k", "scopes": ["integrations:write"] })).await;
    let send = async || house.app.post("/api/email/send").bearer(&key).json(mail.clone()).send().await;
    for _ in 0..30 {
        send().await.expect(502);
    }
    house.app.clock().advance(std::time::Duration::from_millis(500));
    let refused = send().await.expect(429);
    assert_eq!((refused.header("ratelimit-limit"), refused.header("ratelimit-remaining")), ("30", "0"));
    let wait = refused.header("retry-after");
    assert_eq!(refused.header("ratelimit-reset"), wait);
    house.pass(wait.parse().unwrap());
    send().await.expect(502);
}
