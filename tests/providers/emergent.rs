//! Emergent's gateway, which speaks as OpenAI does.

use serde_json::json;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    standin::{Asked, Memory, Standin},
};

const HOST: &str = "integrations.emergentagent.com";
const KEY: &str = "sk-emergent-0123456789abcdef";

fn emergent(asked: &Asked, _: &mut Memory) -> Reply {
    if asked.bearer() != KEY {
        let said =
            json!({ "error": { "message": "Authentication Error, Invalid proxy server token passed", "code": "401" } });
        return Reply::json(401, said);
    }
    match asked.path.as_str() {
        "/llm/v1/models" => Reply::json(200, json!({ "object": "list", "data": [{ "id": "gpt-4.1-mini" }] })),
        _ => Reply::json(404, json!({ "detail": "Not Found" })),
    }
}

#[tokio::test]
async fn a_key_is_tried_at_the_usual_address_or_the_operators() {
    let standin = Standin::start(&[HOST], emergent).await;
    let usual = Account::of(standin.setup(TestApp::setup(), &["emergent"])).await;
    usual.save("emergent", json!({ "api_key": KEY })).await.expect(200);
    let wrong = usual.save("emergent", json!({ "api_key": "sk-emergent-wrong" })).await.expect(400);
    assert!(wrong.at("error").as_str().unwrap().contains("Authentication Error"), "{}", wrong.text());

    let at = format!("{}/llm/v1", standin.at(HOST));
    let moved = Account::of(standin.setup(TestApp::setup(), &[]).set("EMERGENT_BASE_URL", &at)).await;
    moved.save("emergent", json!({ "api_key": KEY })).await.expect(200);
    assert_eq!(moved.test("emergent").await.at("success"), true);
}
