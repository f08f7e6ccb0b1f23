//! n8n: a key in a header of its own, on a person's own server.

use serde_json::json;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

pub(crate) const KEY: &str = "eyJhbGciOiJIUzI1NiJ9.e30.n8n-key";

/// As 2.8.4 answers. With `quirk` the key was deleted.
pub(crate) fn n8n(asked: &Asked, memory: &mut Memory) -> Reply {
    // A bearer token means nothing to it.
    if asked.header("x-n8n-api-key") != KEY || memory.quirk {
        return Reply::json(401, json!({ "message": "unauthorized" }));
    }
    match asked.path.as_str() {
        "/api/v1/workflows" => Reply::json(200, json!({ "data": [], "nextCursor": null })),
        _ => Reply::json(404, json!({ "message": "not found" })),
    }
}

#[tokio::test]
async fn a_key_is_tried_kept_and_found_dead() {
    let standin = Standin::start(&["n8n"], n8n).await;
    let account = Account::of(standin.setup(TestApp::setup(), &[])).await;
    let typed = |key: &str| json!({ "base_url": standin.at("n8n"), "apiKey": key });
    let wrong = account.save("n8n", typed("a-wrong-key")).await.expect(400);
    assert!(wrong.at("error").as_str().unwrap().contains("unauthorized"), "{}", wrong.text());
    account.save("n8n", typed(KEY)).await.expect(200);
    let asked = standin.asked("n8n/api/v1/workflows");
    assert_eq!(asked.last().unwrap().query["limit"], "1");
    assert_eq!(account.test("n8n").await.at("success"), true);
    standin.quirk(true);
    assert_eq!(account.test("n8n").await.at("success"), false);
}

#[tokio::test]
async fn the_operators_n8n_is_the_one_that_is_meant() {
    let standin = Standin::start(&["n8n"], n8n).await;
    let setup = standin.setup(TestApp::setup(), &[]).set("N8N_BASE_URL", &standin.at("n8n"));
    let account = Account::of(setup).await;
    account.save("n8n", json!({ "apiKey": KEY })).await.expect(200);
    let metadata = json!({ "apiKey": KEY, "baseUrl": "http://169.254.169.254" });
    assert_eq!(account.save("n8n", metadata).await.expect(400).code(), "egress.address_refused");
}
