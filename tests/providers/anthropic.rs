//! Anthropic: its own header for the key, a version without which it says nothing, and an overload that is not the key's.

use serde_json::json;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const HOST: &str = "api.anthropic.com";
const KEY: &str = "sk-ant-api03-a-good-key";

/// With `quirk` it is overloaded.
fn anthropic(asked: &Asked, memory: &mut Memory) -> Reply {
    let error = |status, kind: &str, message: &str| {
        Reply::json(
            status,
            json!({ "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_1" }),
        )
    };
    if memory.quirk {
        return error(529, "overloaded_error", "Overloaded");
    }
    if asked.header("anthropic-version") != "2023-06-01" {
        return error(400, "invalid_request_error", "anthropic-version: header is required");
    }
    if asked.header("x-api-key") != KEY {
        return error(401, "authentication_error", "invalid x-api-key");
    }
    match asked.path.as_str() {
        "/v1/models" => {
            Reply::json(200, json!({ "data": [{ "type": "model", "id": "claude-sonnet-5" }], "has_more": false }))
        }
        _ => error(404, "not_found_error", "Not found"),
    }
}

#[tokio::test]
async fn a_key_is_tried_and_kept_and_an_overload_changes_nothing() {
    let standin = Standin::start(&[HOST], anthropic).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["anthropic"])).await;
    let wrong = account.save("anthropic", json!({ "api_key": "sk-ant-a-wrong-key" })).await.expect(400);
    assert!(wrong.at("error").as_str().unwrap().contains("invalid x-api-key"), "{}", wrong.text());
    let other = account.save("anthropic", json!({ "apiKey": "sk-of-somebody-else" })).await.expect(400);
    assert_eq!(other.at("/errors/0/pointer"), "/credentials/api_key");
    account.save("anthropic", json!({ "apiKey": KEY })).await.expect(200);
    standin.quirk(true);
    let tested = account.test("anthropic").await;
    assert_eq!((tested.at("success"), tested.at("error")), (json!(false), json!("Overloaded")));
    standin.quirk(false);
    assert_eq!(account.test("anthropic").await.at("success"), true);
}
