//! Figma: refreshes have an address of their own and bring no refresh token; a bad token is a 403.

use serde_json::json;
use support::Reply;

use crate::{
    consent::Plan,
    standin::{Asked, Memory, Refused},
};

const HOSTS: &[&str] = &["www.figma.com", "api.figma.com"];

fn plan() -> Plan {
    Plan {
        authorize: "www.figma.com/oauth",
        account: (Some("77"), Some("ada@figma.example")),
        life: 90 * 86_400,
        refresh: "api.figma.com/v1/oauth/refresh",
        ..Plan::new("figma", HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    match asked.place().as_str() {
        "api.figma.com/v1/oauth/token" | "api.figma.com/v1/oauth/refresh" => match memory.token(asked, false) {
            Ok(mut answer) => {
                answer["expires_in"] = (90 * 86_400).into();
                answer["user_id_string"] = "77".into();
                Reply::json(200, answer)
            }
            Err(Refused::Client) => {
                Reply::json(401, json!({ "error": true, "status": 401, "message": "Invalid client" }))
            }
            Err(Refused::Grant) => {
                Reply::json(400, json!({ "error": true, "status": 400, "message": "Invalid refresh token" }))
            }
        },
        "api.figma.com/v1/me" if memory.takes(asked.bearer()) || asked.header("x-figma-token") == "figd_good" => {
            let me =
                json!({ "id": "77", "handle": "Ada", "email": "ada@figma.example", "img_url": "https://s3.example/a" });
            Reply::json(200, me)
        }
        "api.figma.com/v1/me" => Reply::json(403, json!({ "status": 403, "err": "Token expired" })),
        other => Reply::json(404, json!({ "status": 404, "err": other })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({})).await;
    let exchange = &here.standin.asked("api.figma.com/v1/oauth/token")[0];
    assert!(exchange.header("authorization").starts_with("Basic "), "the client goes into the header");
    assert!(!exchange.field("code_verifier").is_empty(), "a proof key");
    here.journey().await;
}

#[tokio::test]
async fn a_personal_token_stands_beside_it() {
    let here = plan().ready().await;
    let saved = here.account.save("figma", json!({ "token": "figd_good" })).await.expect(200);
    assert_eq!(saved.at("/testData/email"), "ada@figma.example");
    here.account.save("figma", json!({ "token": "figd_bad" })).await.expect(400);
}
