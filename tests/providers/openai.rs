//! OpenAI: a key, and whom it is to be billed to.

use serde_json::json;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const KEY: &str = "sk-proj-good_key";

/// With `quirk` the key was deleted.
fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let no = |status: u16, kind: &str, code: &str, said: &str| {
        Reply::json(status, json!({ "error": { "message": said, "type": kind, "param": null, "code": code } }))
    };
    match asked.bearer() {
        _ if asked.path != "/v1/models" => no(404, "invalid_request_error", "unknown_url", "Unknown request URL"),
        KEY if !memory.quirk => {
            Reply::json(200, json!({ "object": "list", "data": [{ "id": "gpt-5", "object": "model" }] }))
        }
        "sk-no-money" => no(429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
        key => no(401, "invalid_request_error", "invalid_api_key", &format!("Incorrect API key provided: {key}")),
    }
}

#[tokio::test]
async fn a_key_is_tried_kept_and_found_dead() {
    let standin = Standin::start(&["api.openai.com"], vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["openai"])).await;
    let wrong = account.save("openai", json!({ "apiKey": "sk-wrong" })).await.expect(400);
    assert_eq!(wrong.code(), "provider.credential_refused");
    assert!(!wrong.text().contains("sk-wrong"), "{}", wrong.text());
    let broke = account.save("openai", json!({ "apiKey": "sk-no-money" })).await.expect(400);
    assert_eq!(broke.code(), "provider.credential_refused", "waiting does not help");
    let whole = json!({ "apiKey": KEY, "organization": "org-ada", "project": "proj_x" });
    account.save("openai", whole).await.expect(200);
    let asked = standin.asked("api.openai.com/v1/models").pop().unwrap();
    assert_eq!((asked.header("openai-organization"), asked.header("openai-project")), ("org-ada", "proj_x"));
    account.save("openai", json!({ "apiKey": KEY })).await.expect(200);
    let asked = standin.asked("api.openai.com/v1/models").pop().unwrap();
    assert_eq!(asked.header("openai-organization"), "", "what was left out is not sent");
    standin.quirk(true);
    assert_eq!(account.test("openai").await.at("success"), false);
}
