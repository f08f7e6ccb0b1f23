//! Who is believed to be calling: every way in, and every way that must not be one.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use axum::{
    extract::FromRequestParts,
    http::{Request, header},
};
use base64::Engine;
use local::aws::Service;
use serde_json::json;
use shared::{auth::Caller, http::Error};
use support::TestApp;

use crate::auth::{PASSWORD, get, key, set};

pub(crate) const ME: &str = "/api/auth/me";
const COOKIE: &str = "__Host-postern_session";

/// The caller as a function of the house sees it.
pub(crate) async fn caller(app: &TestApp, function: &str, headers: &[(&str, &str)]) -> Result<Caller, Error> {
    let request = headers.iter().fold(Request::get(ME), |request, (name, value)| request.header(*name, *value));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    Caller::from_request_parts(&mut parts, &app.stack().app(function)).await
}

pub(crate) fn bearer(token: &str) -> (&'static str, String) {
    (header::AUTHORIZATION.as_str(), format!("Bearer {token}"))
}

#[tokio::test]
async fn a_warm_caller_costs_no_read() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, _) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    for token in [&ada.access_token, &text] {
        let (name, value) = bearer(token);
        caller(&app, "integrations", &[(name, &value)]).await.unwrap();
        app.faults().reset_counts();
        caller(&app, "integrations", &[(name, &value)]).await.unwrap();
        assert_eq!(app.faults().count(Service::DynamoDb, "GetItem"), 0);
    }
    assert_eq!(app.faults().writes(), 0, "nor does a key cost a write");
}

#[tokio::test]
async fn other_functions_forget_a_sign_out_and_a_revoked_key_within_a_minute() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, id) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    let shown = [bearer(&ada.access_token), bearer(&text)];
    for (name, value) in &shown {
        caller(&app, "integrations", &[(name, value)]).await.unwrap();
    }
    app.delete(format!("/api/auth/keys/{id}")).bearer(&ada.access_token).send().await.expect(200);
    app.post("/api/auth/logout").bearer(&ada.access_token).send().await.expect(200);
    app.clock().advance(Duration::from_mins(1));
    for (name, value) in &shown {
        caller(&app, "integrations", &[(name, value)]).await.unwrap_err();
    }
}

#[tokio::test]
async fn whoever_is_switched_off_or_moved_is_out_within_a_minute() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.register("eve@example.org").await;
    for (attribute, value) in [("is_active", AttributeValue::Bool(false)), ("org", get(&app, &eve, "org").await)] {
        app.get(ME).bearer(&ada.access_token).send().await.expect(200);
        let before = get(&app, &ada, attribute).await;
        set(&app, &ada, attribute, value).await;
        app.clock().advance(Duration::from_mins(1));
        app.get(ME).bearer(&ada.access_token).send().await.expect(401);
        set(&app, &ada, attribute, before).await;
    }
}

#[tokio::test]
async fn basic_takes_a_key_from_a_back_end_and_from_no_browser() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (text, _) = key(&app, &ada, json!({ "name": "al-chat", "scopes": ["tokens:read"] })).await;
    // 403: believed, and told that this takes a person.
    app.get(ME).basic("al-chat", &text).send().await.expect(403);
    for (name, value) in [("cookie", "a=b"), ("origin", "https://front.example"), ("sec-fetch-site", "none")] {
        let answer = app.get(ME).basic("al-chat", &text).header(name, value).send().await.expect(401);
        assert!(!answer.header("www-authenticate").to_lowercase().contains("basic"));
    }
    app.get(ME).basic("ada@example.org", PASSWORD).send().await.expect(401);
    app.get(ME).basic("", &ada.access_token).send().await.expect(401);
}

#[tokio::test]
async fn a_key_with_another_secret_or_id_is_none() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let (one, _) = key(&app, &ada, json!({ "name": "one", "scopes": ["tokens:read"] })).await;
    let (two, _) = key(&app, &ada, json!({ "name": "two", "scopes": ["tokens:read"] })).await;
    let mixed = format!("{}_{}", one.rsplit_once('_').unwrap().0, two.rsplit_once('_').unwrap().1);
    for bad in [mixed.as_str(), &one[..one.len() - 1], "sk_", "sk_x_y"] {
        app.get(ME).bearer(bad).send().await.expect(401);
    }
}

#[tokio::test]
async fn two_different_credentials_are_refused() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let eve = app.browser();
    let body = json!({ "email": "eve@example.org", "password": PASSWORD, "full_name": "Eve" });
    let signed_in = eve.post("/api/auth/register").json(body).send().await.expect(200);
    let (text, _) = key(&app, &ada, json!({ "name": "ci", "scopes": ["tokens:read"] })).await;
    eve.open(ME).bearer(&ada.access_token).send().await.expect(400);
    eve.open(ME).bearer(&text).send().await.expect(400);
    app.get(ME).bearer(&ada.access_token).bearer(&ada.access_token).send().await.expect(400);
    // Both the same person's, or the cookie long over: a page that shows both.
    eve.open(ME).bearer(signed_in.at("access_token").as_str().unwrap()).send().await.expect(200);
    let stale = format!("{COOKIE}=0000000000000000000000_{}", "0".repeat(44));
    app.get(ME).bearer(&ada.access_token).header("cookie", &stale).send().await.expect(200);
    app.get(ME).header("cookie", &stale).send().await.expect(401);
}

#[tokio::test]
async fn a_bad_header_does_not_fall_back_to_the_cookie() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    browser.open(ME).send().await.expect(200);
    for bad in ["Bearer nonsense", "Bearer", "Digest x", "nonsense"] {
        browser.open(ME).header("authorization", bad).send().await.expect(401);
    }
}

#[tokio::test]
async fn a_cookie_is_believed_only_as_it_was_set() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    let value = browser.cookie(COOKIE).unwrap();
    let with = |cookie: String| app.get(ME).header("cookie", &cookie);
    with(format!("{COOKIE}={value}")).send().await.expect(200);
    with(format!("postern_session={value}")).send().await.expect(401);
    with(format!("{COOKIE}={}", value.to_lowercase())).send().await.expect(401);
    with(format!("{COOKIE}={value}; {COOKIE}={value}")).send().await.expect(400);
    app.get(ME).bearer(&value).send().await.expect(401);
}

#[tokio::test]
async fn an_unsafe_request_by_cookie_needs_a_page_of_ours() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let body = json!({ "email": "ada@example.org", "password": PASSWORD, "full_name": "Ada" });
    browser.post("/api/auth/register").json(body).send().await.expect(200);
    let cookie = format!("{COOKIE}={}", browser.cookie(COOKIE).unwrap());
    let post = || app.post("/api/auth/keys").json(json!({})).header("cookie", &cookie);
    for refused in [
        post(),
        post().header("sec-fetch-site", "same-site"),
        post().header("sec-fetch-site", "cross-site"),
        post().header("origin", "https://evil.postern.example").header("sec-fetch-site", "same-site"),
        post().header("origin", "null"),
    ] {
        assert_eq!(refused.send().await.expect(403).code(), "auth.foreign_origin");
    }
    // 400: believed, and told what is wrong with the body.
    post().header("sec-fetch-site", "same-origin").send().await.expect(400);
    post().header("origin", support::FRONTEND_URL).send().await.expect(400);
}

#[tokio::test]
async fn forged_tokens_are_refused_with_one_answer() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let elsewhere = TestApp::start().await.register("ada@example.org").await;
    let b64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let mut parts = ada.access_token.split('.');
    let (head, claims, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let none = b64.encode(json!({ "alg": "none", "typ": "at+jwt" }).to_string());
    for bad in [
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{head}.{claims}."),
        format!("{head}.{claims}"),
        elsewhere.access_token,
        ada.refresh_token.clone(),
    ] {
        let answer = app.get(ME).bearer(&bad).send().await.expect(401);
        assert_eq!(answer.at("detail"), "Could not validate credentials");
        assert_eq!(answer.code(), "auth.required");
    }
}

#[tokio::test]
async fn who_cannot_be_looked_up_is_not_let_in() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    app.faults().add(local::aws::Fault::deny().service(Service::DynamoDb).operation("GetItem").always());
    app.get(ME).bearer(&ada.access_token).send().await.expect(503);
}
