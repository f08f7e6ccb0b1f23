//! `POST /api/auth/register`

use serde_json::{Value, json};
use support::{Answer, FRONTEND_URL, PUBLIC_URL, TestApp};

use super::PASSWORD;

async fn register(app: &TestApp, body: Value) -> Answer {
    app.post("/api/auth/register").json(body).send().await
}

#[tokio::test]
async fn a_new_user_is_signed_in_with_the_documented_answer() {
    let app = TestApp::start().await;
    let body = json!({ "email": " Ada@Example.org", "password": PASSWORD, "full_name": "Ada Lovelace" });
    let answer = register(&app, body).await.expect(200);
    let json = answer.json();
    let members: Vec<&str> = json.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "refresh_token", "token_type", "expires_in", "user", "token"]);
    assert_eq!(json["token_type"], "bearer");
    assert_eq!(json["expires_in"], 1800);
    assert_eq!(json["token"], json["access_token"]);
    assert_eq!(json["user"]["email"], "ada@example.org");
    assert_eq!(json["user"]["role"], "admin");
    assert_eq!(json["user"]["created_at"], "2026-11-20T09:00:00Z");
    app.get("/api/auth/me").bearer(json["access_token"].as_str().unwrap()).send().await.expect(200);
}

#[tokio::test]
async fn a_name_may_come_in_any_of_its_spellings() {
    let app = TestApp::start().await;
    for (n, name) in ["full_name", "fullName", "name"].into_iter().enumerate() {
        let answer = register(&app, json!({ "email": format!("a{n}@x.org"), "password": PASSWORD, name: "Ada" })).await;
        assert_eq!(answer.expect(200).at("/user/full_name"), "Ada");
    }
}

#[tokio::test]
async fn an_address_is_taken_however_it_is_spelt() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let again = json!({ "email": "ADA@example.org ", "password": PASSWORD, "full_name": "Eve" });
    let answer = register(&app, again).await.expect(400);
    assert_eq!(answer.at("detail"), "User with this email already exists");
    assert_eq!(answer.code(), "auth.email_taken");
}

/// Whoever has an account can be written to: a domain of another script by its name on the wire, a mailbox of one not at all.
#[tokio::test]
async fn an_address_is_one_that_mails_reach() {
    let app = TestApp::start().await;
    let ada = register(&app, json!({ "email": "ada@Bücher.example", "password": PASSWORD, "full_name": "Ada" })).await;
    assert_eq!(ada.expect(200).at("/user/email"), "ada@xn--bcher-kva.example");
    app.token_for("ada@xn--bcher-kva.example", "/verify").await;
    let none = register(&app, json!({ "email": "zoë@example.org", "password": PASSWORD, "full_name": "Zoë" })).await;
    assert_eq!(none.expect(400).at("/errors/0/pointer"), "/email");
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_address() {
    let app = TestApp::with_system_clock().await;
    let body = || json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    let (a, b, c, d) =
        tokio::join!(register(&app, body()), register(&app, body()), register(&app, body()), register(&app, body()));
    let mut statuses = [a, b, c, d].map(|answer| answer.status());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400]);
}

#[tokio::test]
async fn what_is_not_acceptable_is_named() {
    let app = TestApp::start().await;
    let cases = [
        (json!({ "email": "ada", "password": PASSWORD, "full_name": "Ada" }), "/email"),
        (json!({ "email": "a@x.org", "password": "1234567", "full_name": "Ada" }), "/password"),
        (json!({ "email": "a@x.org", "password": "x".repeat(1025), "full_name": "Ada" }), "/password"),
        (json!({ "email": "a@x.org", "password": PASSWORD, "full_name": " " }), "/full_name"),
        (json!({ "email": "a@x.org", "password": PASSWORD, "full_name": "A\u{0}da" }), "/full_name"),
        (json!({ "email": ["a@x.org"], "password": PASSWORD, "full_name": "Ada" }), "/email"),
    ];
    for (body, pointer) in cases {
        let answer = register(&app, body).await.expect(400);
        assert_eq!(answer.at("/errors/0/pointer"), pointer);
    }
    let missing = register(&app, json!({ "email": "a@x.org" })).await.expect(400);
    assert_eq!(missing.code(), "request.invalid");
    app.post("/api/auth/register").body("{").send().await.expect(400);
}

#[tokio::test]
async fn a_password_in_the_wrong_place_does_not_come_back() {
    let app = TestApp::start().await;
    let body = json!({ "email": { "hunter2hunter2": 1 }, "password": ["hunter2hunter2"], "full_name": "Ada" });
    let answer = register(&app, body).await.expect(400);
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
}

#[tokio::test]
async fn ten_megabytes_of_password_are_turned_away_unhashed() {
    let app = TestApp::start().await;
    let body = json!({ "email": "a@x.org", "password": "x".repeat(10_000_000), "full_name": "Ada" });
    let answer = register(&app, body).await.expect(413);
    assert_eq!(answer.code(), "request.too_large");
}

#[tokio::test]
async fn only_a_page_of_ours_gets_the_cookie() {
    let app = TestApp::start().await;
    for (n, (origin, set)) in
        [(PUBLIC_URL, true), (FRONTEND_URL, true), ("https://evil.example", false)].into_iter().enumerate()
    {
        let body = json!({ "email": format!("a{n}@x.org"), "password": PASSWORD, "full_name": "Ada" });
        let answer = app.post("/api/auth/register").header("origin", origin).json(body).send().await.expect(200);
        assert_eq!(!answer.header("set-cookie").is_empty(), set, "{origin}");
    }
    let body = json!({ "email": "n@x.org", "password": PASSWORD, "full_name": "Ada" });
    assert_eq!(register(&app, body).await.expect(200).header("set-cookie"), "");
}
