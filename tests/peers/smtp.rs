//! Mails against `aiosmtpd`, somebody else's mail server: TLS, logins, what it refuses, and what we refuse to say to it.

mod server;

use serde_json::{Value, json};
use support::{Answer, PUBLIC_URL, Setup, TestApp, User};

use self::server::{PASSWORD, Server, USER};

/// The product, and Ada, whose mail server it is.
struct House {
    app: TestApp,
    ada: User,
    server: Server,
}

impl House {
    async fn start() -> Self {
        let server = Server::start();
        let setup =
            server.ports.values().fold(TestApp::setup(), |setup, port| setup.mail_server(*port, &server.authority));
        let app = setup.start().await;
        let ada = app.register("ada@example.org").await;
        Self { app, ada, server }
    }

    /// What a person types in for one of the server's ways.
    fn typed(&self, way: &str) -> Value {
        json!({
            "smtpHost": "127.0.0.1", "smtpPort": self.server.ports[way], "user": USER, "password": PASSWORD,
            "from": "Ada <ada@example.org>", "secure": way == "implicit",
        })
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.app.post(path).bearer(&self.ada.access_token).json(body).send().await
    }

    async fn test(&self, typed: Value) -> Answer {
        self.post("/api/integrations/email/test", typed).await.expect(200)
    }

    async fn send(&self, to: &str) -> Answer {
        let mail = json!({ "to": to, "subject": "Grüße", "body": "one\n.\ntwo €\n" });
        self.post("/api/email/send", mail).await
    }

    async fn refused(&self, typed: Value) -> String {
        let tested = self.test(typed).await;
        assert_eq!(tested.at("success"), false, "{}", tested.text());
        assert!(!tested.text().contains("password\":") && !tested.text().contains(PASSWORD), "{}", tested.text());
        tested.at("error").as_str().unwrap().to_owned()
    }
}

/// The product whose own mails leave by this server.
fn operated_by(server: &Server) -> Setup {
    let port = server.ports["starttls"];
    let setup = TestApp::setup().mail_server(port, &server.authority).smtp(port, USER, PASSWORD);
    setup.set("SMTP_FROM", "Postern <postern@example.net>")
}

#[tokio::test]
async fn a_mail_server_is_connected_and_takes_mails() {
    let house = House::start().await;
    let saved = house.post("/api/integrations/smtp/credentials", house.typed("starttls")).await.expect(200);
    assert_eq!(saved.at("/testData/email"), "ada@example.org");
    assert_eq!(saved.at("/testData/username"), USER);
    assert_eq!(house.server.mails(), [Value::Null; 0], "nothing is sent by testing");
    let sent = house.send("grace@example.org").await.expect(200);
    assert_eq!(sent.at("success"), true);
    let mails = house.server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!((&mail["tls"], &mail["login"]), (&json!(true), &json!(USER)));
    assert_eq!((&mail["from"], &mail["to"]), (&json!("ada@example.org"), &json!(["grace@example.org"])));
    let data = mail["data"].as_str().unwrap();
    let id = sent.at("emailId");
    for line in ["From: Ada <ada@example.org>", "To: grace@example.org", "Date: Fri, 20 Nov 2026 09:00:00 +0000"] {
        assert!(data.contains(line), "{line}: {data}");
    }
    assert!(data.contains(&format!("Message-ID: <{}>", id.as_str().unwrap())), "{data}");
    assert!(!data.contains("Bcc"), "{data}");
}

/// It was to come from this person's own account.
#[tokio::test]
async fn a_mail_does_not_leave_by_another_server_where_ones_own_is_switched_off() {
    let house = House::start().await;
    house.post("/api/integrations/email/credentials", house.typed("starttls")).await.expect(200);
    let own = house.app.get("/api/credentials?credentialType=email").bearer(&house.ada.access_token).send().await;
    let path = format!("/api/credentials/{}", own.expect(200).at("/credentials/0/id").as_str().unwrap());
    for (on, status) in [(false, 400), (true, 200)] {
        let switch = house.app.put(&path).bearer(&house.ada.access_token).json(json!({ "isActive": on }));
        switch.send().await.expect(200);
        house.send("grace@example.org").await.expect(status);
    }
    assert_eq!(house.server.mails().len(), 1);
}

#[tokio::test]
async fn both_ways_of_tls_and_both_ways_to_log_in_work_and_a_test_mail_is_sent_where_it_is_wanted() {
    let house = House::start().await;
    for way in ["starttls", "login_only", "implicit"] {
        let mut typed = house.typed(way);
        let tested = house.test(typed.clone()).await;
        assert_eq!(tested.at("success"), true, "{way}: {}", tested.text());
        assert_eq!(tested.at("/data/messageId"), Value::Null);
        typed["testEmail"] = json!("grace@example.org");
        let tested = house.test(typed).await;
        assert!(tested.at("/data/messageId").is_string(), "{way}: {}", tested.text());
        assert_eq!(tested.at("/data/message"), "A test mail was sent to grace@example.org");
    }
    assert_eq!(house.server.mails().len(), 3);
    // Whom a test mail went to is not part of the credential.
    let mut typed = house.typed("starttls");
    typed["testEmail"] = json!("grace@example.org");
    house.post("/api/integrations/email/credentials", typed).await.expect(200);
    assert_eq!(house.test(json!({})).await.at("success"), true);
    assert_eq!(house.server.mails().len(), 4);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_kept() {
    let house = House::start().await;
    let mut typed = house.typed("starttls");
    typed["password"] = json!("a-wrong-password");
    assert!(house.refused(typed.clone()).await.contains("refused user name or password: 535"));
    let answer = house.post("/api/integrations/email/credentials", typed).await.expect(400);
    assert_eq!(answer.code(), "provider.credential_refused");
    assert!(!answer.text().contains("a-wrong-password"));
    let map = house.app.get("/api/integrations/status").bearer(&house.ada.access_token).send().await.expect(200);
    assert_eq!(map.at("/email/connected"), false);
}

#[tokio::test]
async fn what_the_server_says_of_a_receiver_is_passed_on() {
    let house = House::start().await;
    house.post("/api/integrations/email/credentials", house.typed("starttls")).await.expect(200);
    let never = house.send("reject@example.org").await.expect(400);
    assert_eq!(never.code(), "mail.refused");
    assert!(never.at("error").as_str().unwrap().contains("550"), "{}", never.text());
    for (to, code) in [("later@example.org", "451"), ("busy@example.org", "421")] {
        let later = house.send(to).await.expect(502);
        assert_eq!(later.code(), "provider.failed");
        assert!(later.at("error").as_str().unwrap().contains(code), "{}", later.text());
    }
    assert_eq!(house.server.mails(), [Value::Null; 0]);
}

#[tokio::test]
async fn nothing_is_said_where_tls_does_not_stand() {
    let house = House::start().await;
    assert!(house.refused(house.typed("no_starttls")).await.contains("does not offer STARTTLS"));
    // Vouched for by the authority, but for another name; and by nobody that we know.
    for way in ["other_name", "stranger"] {
        let said = house.refused(house.typed(way)).await;
        assert!(said.starts_with("no secure connection"), "{way}: {said}");
    }
    // The other way of TLS than the port's.
    let mut wrong = house.typed("starttls");
    wrong["secure"] = json!(true);
    assert!(house.refused(wrong).await.starts_with("no secure connection"));
    assert!(house.refused(house.typed("no_auth")).await.contains("neither AUTH PLAIN nor AUTH LOGIN"));
    assert_eq!(house.server.mails(), [Value::Null; 0]);
}

#[tokio::test]
async fn the_operators_server_is_no_open_relay() {
    let server = Server::start();
    let app = operated_by(&server).set("SMTP_RECIPIENTS", "example.com").start().await;
    let ada = app.register("ada@example.org").await;
    let send = async |to: &str| {
        let mail = json!({ "to": to, "subject": "Hi", "body": "text" });
        app.post("/api/email/send").bearer(&ada.access_token).json(mail).send().await
    };
    // Her own address counts once it is proven; anybody can sign up with anybody's.
    for to in ["grace@example.org", "ada@example.org"] {
        assert_eq!(send(to).await.expect(403).code(), "auth.forbidden", "{to}");
    }
    send("anybody@example.com").await.expect(200);
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["from"], "postern@example.net");
    for _ in 1..30 {
        send("anybody@example.com").await.expect(200);
    }
    let over = send("anybody@example.com").await.expect(429);
    assert!(!over.header("retry-after").is_empty());
    let tested = app.post("/api/email/test").bearer(&ada.access_token).json(json!({})).send().await.expect(200);
    assert_eq!(tested.at("success"), true, "{}", tested.text());
}

/// The job writes them, with its own right to the password.
#[tokio::test]
async fn the_products_own_mails_leave_by_the_operators_server() {
    let server = Server::start();
    let app = operated_by(&server).start().await;
    app.register("ada@example.org").await;
    app.work().await;
    let forgotten = json!({ "email": "ada@example.org" });
    app.post("/api/auth/password/forgot").json(forgotten).send().await.expect(200);
    app.work().await;
    let mails = server.mails();
    assert_eq!(mails.len(), 2, "{mails:?}");
    for (mail, link) in mails.iter().zip(["/verify?token=", "/reset?token="]) {
        assert_eq!((&mail["tls"], &mail["login"]), (&json!(true), &json!(USER)));
        assert_eq!((&mail["from"], &mail["to"]), (&json!("postern@example.net"), &json!(["ada@example.org"])));
        let data = mail["data"].as_str().unwrap();
        assert!(data.contains("To: ada@example.org") && data.contains(&format!("{PUBLIC_URL}{link}")), "{data}");
    }
}
