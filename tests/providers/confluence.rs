//! Confluence: Atlassian's consent and sites, and an API of its own behind them.

use serde_json::json;
use support::Reply;

use crate::{
    consent::Plan,
    jira::{ByToken, HOSTS, atlassian},
    standin::{Asked, Memory},
};

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if let Some(reply) = atlassian(asked, memory) {
        return reply;
    }
    match asked.place().as_str() {
        "api.atlassian.com/ex/confluence/c-1/wiki/api/v2/spaces" => Reply::json(200, json!({ "results": [] })),
        "{site}.atlassian.net/wiki/rest/api/user/current" => {
            Reply::json(200, json!({ "type": "known", "accountId": "acc-1", "displayName": "Ada" }))
        }
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

#[tokio::test]
async fn a_persons_own_token_is_tried_kept_and_found_dead() {
    ByToken::at("confluence", vendor).await.journey("/wiki/rest/api/user/current").await;
}

#[tokio::test]
async fn a_site_that_leads_elsewhere_is_refused() {
    ByToken::at("confluence", vendor).await.leads_nowhere_else().await;
}
