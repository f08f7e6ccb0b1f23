//! Confluence: Atlassian's consent and sites, and an API of its own behind them.

use serde_json::json;
use support::Reply;

use crate::{
    consent::Plan,
    jira::{HOSTS, atlassian},
    standin::{Asked, Memory},
};

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if let Some(reply) = atlassian(asked, memory) {
        return reply;
    }
    match asked.place().as_str() {
        "api.atlassian.com/ex/confluence/c-1/wiki/api/v2/spaces" => Reply::json(200, json!({ "results": [] })),
        other => Reply::json(404, json!({ "errors": [{ "status": 404, "code": "NOT_FOUND", "title": other }] })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let plan = Plan {
        authorize: "auth.atlassian.com/authorize",
        account: (Some("acc-1"), Some("ada@example.org")),
        refresh: "auth.atlassian.com/oauth/token",
        ..Plan::new("confluence", HOSTS, vendor)
    };
    plan.connected(|_| json!({})).await.journey().await;
}
