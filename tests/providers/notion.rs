//! Notion: JSON and Basic at the token endpoint, no word of a token's life, and a refresh token that is good once.

use serde_json::{Value, json};
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, CLIENT, Memory, Refused},
};

const HOSTS: &[&str] = &["api.notion.com"];
const TOKEN: &str = "api.notion.com/v1/oauth/token";
const REVOKE: &str = "api.notion.com/v1/oauth/revoke";

fn plan() -> Plan {
    Plan {
        authorize: "api.notion.com/v1/oauth/authorize",
        account: (Some("user-1"), Some("ada@notion.example")),
        refresh: TOKEN,
        ..Plan::new("notion", HOSTS, vendor)
    }
}

fn owner() -> Value {
    let user = json!({ "object": "user", "id": "user-1", "name": "Ada", "type": "person",
        "person": { "email": "ada@notion.example" } });
    json!({ "type": "user", "user": user })
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let said = |status: u16, code: &str| {
        Reply::json(
            status,
            json!({ "object": "error", "status": status, "code": code, "message": format!("It is {code}.") }),
        )
    };
    if asked.header("notion-version") != "2025-09-03" && asked.place() != REVOKE {
        return said(400, "missing_version");
    }
    match asked.place().as_str() {
        TOKEN if asked.header("content-type") != "application/json" => said(400, "invalid_json"),
        TOKEN if !asked.header("authorization").starts_with("Basic ") => said(401, "unauthorized"),
        TOKEN => match memory.token(asked, true) {
            Ok(answer) => Reply::json(
                200,
                json!({
                    "access_token": answer["access_token"], "token_type": "bearer", "refresh_token": answer["refresh_token"],
                    "bot_id": "bot-1", "workspace_id": "ws-1", "workspace_name": "Ada's", "workspace_icon": null,
                    "owner": owner(), "duplicated_template_id": null, "request_id": "r",
                }),
            ),
            Err(Refused::Client) => Reply::json(401, json!({ "error": "invalid_client" })),
            Err(Refused::Grant) => Reply::json(400, json!({ "error": "invalid_grant" })),
        },
        REVOKE if asked.client() == (CLIENT.0.to_owned(), CLIENT.1.to_owned()) => {
            memory.end(&asked.field("token"));
            Reply::json(200, json!({ "request_id": "r" }))
        }
        _ if !memory.takes(asked.bearer()) => said(401, "unauthorized"),
        "api.notion.com/v1/users/me" => {
            Reply::json(200, json!({ "object": "user", "id": "bot-1", "type": "bot", "bot": { "owner": owner() } }))
        }
        _ => said(404, "object_not_found"),
    }
}

async fn connected() -> Connected {
    plan().connected(|_| json!({})).await
}

#[tokio::test]
async fn a_token_is_renewed_when_the_api_says_no() {
    let here = connected().await;
    let tested = here.account.test("notion").await;
    assert_eq!((tested.at("/data/id"), tested.at("/data/name")), (json!("user-1"), json!("Ada")));
    let first = here.account.token("notion").await.expect(200);
    assert_eq!(first.at("expires_in"), Value::Null);
    here.account.pass(30 * 86_400);
    assert_eq!(here.lent().await, "access-1", "nobody knows that it has ended");
    here.standin.expire();
    assert_eq!(here.account.test("notion").await.at("success"), true);
    assert_eq!(here.lent().await, "access-2");
    // What a back end says of a token that it was refused counts as well.
    here.standin.expire();
    here.account.token_after("notion", 2).await.expect(200);
    assert_eq!(here.lent().await, "access-3");
}

#[tokio::test]
async fn an_operators_mistake_disconnects_nobody_and_a_dead_grant_says_so() {
    let here = connected().await;
    here.standin.expire();
    here.standin.knows_client(false);
    assert_eq!(here.account.test("notion").await.at("success"), false);
    assert!(here.account.connected("notion").await);
    here.standin.knows_client(true);
    here.account.pass(3600);
    assert_eq!(here.account.test("notion").await.at("success"), true);
    here.standin.revoke();
    assert_eq!(here.account.test("notion").await.at("success"), false);
    assert_eq!(here.account.token("notion").await.expect(409).at("reauth_required"), true);
}

#[tokio::test]
async fn disconnecting_ends_it_by_the_client() {
    let here = connected().await;
    here.account.disconnect("notion").await;
    here.account.app.tick().await;
    assert_eq!(here.standin.asked(REVOKE)[0].field("token"), "access-1");
}
