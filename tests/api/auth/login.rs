//! `POST /api/auth/login`

use aws_sdk_dynamodb::types::AttributeValue;
use support::{PUBLIC_URL, TestApp};

use super::{PASSWORD, get, login, set};

/// bcrypt of [`PASSWORD`].
const OLD_HASH: &str = "$2b$04$abcdefghijklmnopqrstuuqREtd3VJD2QVZbuFskFSLk6eRIrQoOS";

#[tokio::test]
async fn the_right_password_signs_in_and_is_noted() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    app.clock().advance(std::time::Duration::from_secs(90));
    let answer = login(&app, "Ada@Example.ORG", PASSWORD).send().await.expect(200);
    assert_eq!(answer.at("/user/last_login"), "2026-11-20T09:01:30Z");
    assert_eq!(answer.at("token"), answer.at("access_token"));
    let token = answer.at("access_token");
    let me = app.get("/api/auth/me").bearer(token.as_str().unwrap()).send().await.expect(200);
    assert_eq!(me.at("last_login"), "2026-11-20T09:01:30Z");
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_read_the_same() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let wrong = login(&app, "ada@example.org", "not the password").send().await.expect(401);
    let unknown = login(&app, "eve@example.org", "not the password").send().await.expect(401);
    let nonsense = login(&app, "no address", "not the password").send().await.expect(401);
    for answer in [&wrong, &unknown, &nonsense] {
        assert_eq!(answer.at("detail"), "Invalid credentials");
        assert_eq!(answer.code(), "auth.invalid_credentials");
        assert_eq!(answer.json().as_object().unwrap().len(), wrong.json().as_object().unwrap().len());
    }
}

/// The work done, not the time taken: a timed test would fail on a busy machine and prove little on a quiet one.
#[tokio::test]
async fn an_unknown_user_costs_as_many_requests_as_a_wrong_password() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let mut costs = Vec::new();
    for (email, ip) in [("ada@example.org", "198.51.100.1"), ("eve@example.org", "198.51.100.2")] {
        app.faults().reset_counts();
        login(&app, email, "not the password").from_ip(ip).send().await.expect(401);
        costs.push(app.faults().counts());
    }
    assert_eq!(costs[0], costs[1]);
}

#[tokio::test]
async fn ten_megabytes_of_password_are_turned_away_unhashed() {
    let app = TestApp::start().await;
    let answer = login(&app, "ada@example.org", &"x".repeat(10_000_000)).send().await.expect(413);
    assert_eq!(answer.code(), "request.too_large");
    login(&app, "ada@example.org", &"x".repeat(1025)).send().await.expect(400);
}

#[tokio::test]
async fn a_page_of_ours_is_signed_in_by_cookie() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let body = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD });
    let answer = browser.post("/api/auth/login").json(body).send().await.expect(200);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-postern_session="), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure"), "{cookie}");
    browser.open("/api/auth/me").send().await.expect(200);
    login(&app, "ada@example.org", PASSWORD).header("origin", "https://evil.example").send().await.expect(200);
}

#[tokio::test]
async fn a_cookie_of_seven_days_is_over_after_seven_days() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let browser = app.browser();
    let body = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD });
    browser.post("/api/auth/login").json(body).send().await.expect(200);
    app.clock().advance(std::time::Duration::from_hours(7 * 24 - 1));
    browser.open("/api/auth/me").send().await.expect(200);
    app.clock().advance(std::time::Duration::from_hours(1));
    browser.open("/api/auth/me").send().await.expect(401);
}

#[tokio::test]
async fn a_trailing_slash_is_no_other_path() {
    let app = TestApp::start().await;
    app.register("ada@example.org").await;
    let body = serde_json::json!({ "email": "ada@example.org", "password": PASSWORD });
    app.post("/api/auth/login/").json(body).header("origin", PUBLIC_URL).send().await.expect(200);
}

#[tokio::test]
async fn only_the_owner_learns_that_an_account_is_switched_off() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    set(&app, &ada, "is_active", AttributeValue::Bool(false)).await;
    let owner = login(&app, "ada@example.org", PASSWORD).send().await.expect(401);
    assert_eq!((owner.at("detail"), owner.code().as_str()), ("Account is deactivated".into(), "auth.deactivated"));
    let stranger = login(&app, "ada@example.org", "not the password").send().await.expect(401);
    assert_eq!(stranger.at("detail"), "Invalid credentials");
}

#[tokio::test]
async fn a_password_of_an_older_system_is_hashed_anew() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    set(&app, &ada, "password", AttributeValue::S(OLD_HASH.to_owned())).await;
    login(&app, "ada@example.org", "not the password").send().await.expect(401);
    assert_eq!(get(&app, &ada, "password").await, AttributeValue::S(OLD_HASH.to_owned()));
    login(&app, "ada@example.org", PASSWORD).send().await.expect(200);
    let AttributeValue::S(hash) = get(&app, &ada, "password").await else { panic!("the hash is text") };
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    login(&app, "ada@example.org", PASSWORD).send().await.expect(200);
}

/// Whoever signs in through another system has no password here, and none opens the account.
#[tokio::test]
async fn an_account_without_a_password_opens_to_none() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    set(&app, &ada, "password", AttributeValue::Null(true)).await;
    for password in [PASSWORD, "", "null"] {
        let answer = login(&app, "ada@example.org", password).send().await.expect(401);
        assert_eq!(answer.at("detail"), "Invalid credentials");
    }
}
