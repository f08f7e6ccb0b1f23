//! Telegram: the token stands in the path, so no message may repeat an address; a bad token is a 401 or a 404.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const TOKEN: &str = "123456:AAF-good_token";

/// With `quirk` the token was revoked at `@BotFather`.
fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let no = |status: u16, said: &str, more: Value| {
        let mut body = json!({ "ok": false, "error_code": status, "description": said });
        if !more.is_null() {
            body["parameters"] = more;
        }
        Reply::json(status, body)
    };
    match asked.path.as_str() {
        path if path == format!("/bot{TOKEN}/getMe") && memory.quirk => no(401, "Unauthorized", Value::Null),
        path if path == format!("/bot{TOKEN}/getMe") => {
            let me = json!({ "id": 123_456, "is_bot": true, "first_name": "Ada's bot", "username": "ada_bot" });
            Reply::json(200, json!({ "ok": true, "result": me }))
        }
        path if path.starts_with("/bot999:") => {
            no(429, "Too Many Requests: retry after 5", json!({ "retry_after": 5 }))
        }
        _ => no(404, "Not Found", Value::Null),
    }
}

#[tokio::test]
async fn a_token_is_tried_kept_and_found_dead() {
    let standin = Standin::start(&["api.telegram.org"], vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["telegram"])).await;
    let saved = account.save("telegram", json!({ "botToken": TOKEN })).await.expect(200);
    let told = |name: &str| saved.at(&format!("/testData/{name}"));
    assert_eq!((told("id"), told("username"), told("name")), (json!("123456"), json!("ada_bot"), json!("Ada's bot")));
    assert_eq!(account.test("telegram").await.at("success"), true);
    standin.quirk(true);
    let tested = account.test("telegram").await;
    assert_eq!((tested.at("success"), tested.at("error")), (json!(false), json!("Unauthorized")));
}

#[tokio::test]
async fn no_answer_repeats_the_token_that_stands_in_the_path() {
    let standin = Standin::start(&["api.telegram.org"], vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["telegram"])).await;
    for (token, code) in [("42:another-token", "provider.credential_refused"), ("999:busy-token", "provider.failed")] {
        let refused = account.save("telegram", json!({ "token": token })).await.expect(400);
        assert_eq!(refused.code(), code, "{}", refused.text());
        assert!(!refused.text().contains(token), "{}", refused.text());
    }
    for odd in ["123456", "123456:a/../../b", "123456:a b", "x:abc"] {
        assert_eq!(account.save("telegram", json!({ "token": odd })).await.expect(400).code(), "request.invalid");
    }
    assert!(!account.connected("telegram").await);
}
