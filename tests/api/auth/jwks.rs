//! `GET /.well-known/jwks.json`

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use support::TestApp;

async fn kids(app: &TestApp) -> Vec<Value> {
    let answer = app.get("/.well-known/jwks.json").send().await.expect(200);
    answer.json()["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
}

#[tokio::test]
async fn it_holds_the_key_that_tokens_name_and_nothing_private() {
    let app = TestApp::start().await;
    let ada = app.register("ada@example.org").await;
    let header = ada.access_token.split('.').next().unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "EdDSA");
    let answer = app.get("/.well-known/jwks.json").send().await.expect(200);
    let keys = answer.json();
    let key = keys["keys"][0].as_object().unwrap();
    assert_eq!(key["kid"], header["kid"]);
    let members: Vec<&str> = key.keys().map(String::as_str).collect();
    assert_eq!(members, ["kty", "crv", "use", "alg", "kid", "x"]);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
}

#[tokio::test]
async fn during_a_rotation_it_holds_both() {
    let app = TestApp::start().await;
    let before = kids(&app).await;
    assert_eq!(before.len(), 1);
    app.aws().put_secret("postern-seeds", json!({ "seed": "n".repeat(64) }).to_string()).unwrap();
    assert_eq!(kids(&app).await, before, "kept for five minutes");
    app.clock().advance(Duration::from_mins(5));
    let during = kids(&app).await;
    assert_eq!(during.len(), 2);
    assert_eq!(during[1], before[0]);
}

#[tokio::test]
async fn a_seed_that_could_be_guessed_signs_nothing() {
    let app = TestApp::start().await;
    for bad in [json!({ "seed": "short" }), json!({ "other": "x".repeat(64) }), json!("x".repeat(64))] {
        app.aws().put_secret("postern-seeds", bad.to_string()).unwrap();
        let answer = app.get("/.well-known/jwks.json").send().await.expect(503);
        assert_eq!(answer.code(), "service.unavailable");
        assert!(!answer.text().contains("xxxx"));
    }
}
