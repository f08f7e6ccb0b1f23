//! Jira: one consent may reach several sites, and calls go to the one that the person chose.

use serde_json::{Value, json};
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, Memory, Refused},
};

pub(crate) const HOSTS: &[&str] = &["auth.atlassian.com", "api.atlassian.com"];

fn plan() -> Plan {
    Plan {
        authorize: "auth.atlassian.com/authorize",
        account: (Some("acc-1"), Some("ada@example.org")),
        refresh: "auth.atlassian.com/oauth/token",
        ..Plan::new("jira", HOSTS, vendor)
    }
}

/// What Atlassian answers for every product; the rest is the product's own.
pub(crate) fn atlassian(asked: &Asked, memory: &mut Memory) -> Option<Reply> {
    match asked.place().as_str() {
        "auth.atlassian.com/oauth/token" => Some(match memory.token(asked, true) {
            Ok(answer) => Reply::json(200, answer),
            Err(Refused::Client) => {
                Reply::json(401, json!({ "error": "access_denied", "error_description": "Unauthorized" }))
            }
            // The same code as for a client that it does not know.
            Err(Refused::Grant) => {
                let said = "refresh_token is invalid";
                Reply::json(403, json!({ "error": "unauthorized_client", "error_description": said }))
            }
        }),
        _ if !memory.takes(asked.bearer()) => Some(Reply::json(401, json!({ "code": 401, "message": "Unauthorized" }))),
        "api.atlassian.com/oauth/token/accessible-resources" => Some(Reply::json(200, sites(memory.quirk))),
        "api.atlassian.com/me" => {
            Some(Reply::json(200, json!({ "account_id": "acc-1", "email": "ada@example.org", "name": "Ada" })))
        }
        _ => None,
    }
}

/// A site stands there once for each of its products; `several` is another site as well.
fn sites(several: bool) -> Value {
    let site = |id: &str, name: &str, scope: &str| json!({ "id": id, "name": name, "url": format!("https://{name}.atlassian.net"), "scopes": [scope] });
    let mut sites = vec![site("c-1", "acme", "read:jira-work"), site("c-1", "acme", "read:page:confluence")];
    if several {
        sites.push(site("c-2", "beta", "read:jira-work"));
    }
    sites.into()
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if let Some(reply) = atlassian(asked, memory) {
        return reply;
    }
    match asked.place().as_str() {
        "api.atlassian.com/ex/jira/c-1/rest/api/3/myself" | "api.atlassian.com/ex/jira/c-2/rest/api/3/myself" => {
            Reply::json(200, json!({ "accountId": "acc-1" }))
        }
        other => Reply::json(404, json!({ "errorMessages": [other], "errors": {} })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({})).await;
    let exchange: Value =
        serde_json::from_slice(&here.standin.asked("auth.atlassian.com/oauth/token")[0].body).unwrap();
    assert_eq!(exchange["grant_type"], "authorization_code");
    here.journey().await;
    assert!(!here.standin.asked("api.atlassian.com/ex/jira/c-1/rest/api/3/myself").is_empty());
}

async fn choosing(site: Value) -> (Connected, String, String) {
    let here = plan().ready().await;
    here.standin.quirk(true);
    let (back, id) = here.consent_of(json!({ "fields": { "site": site } })).await;
    let back = back.header("location").to_owned();
    (here, back, id)
}

#[tokio::test]
async fn of_several_sites_the_one_is_taken_that_was_named() {
    for named in ["beta.atlassian.net", "https://beta.atlassian.net/", "Beta", "c-2"] {
        let (here, back, _) = choosing(named.into()).await;
        assert!(back.contains("oauth_success"), "{named}: {back}");
        assert_eq!(here.account.test("jira").await.at("success"), true);
        assert!(!here.standin.asked("api.atlassian.com/ex/jira/c-2/rest/api/3/myself").is_empty());
        assert!(here.standin.asked("api.atlassian.com/ex/jira/c-1/rest/api/3/myself").is_empty());
    }
}

/// Nothing is done to a site that nobody meant; whoever started is told which there are.
#[tokio::test]
async fn of_several_sites_none_is_guessed() {
    for (named, said) in [
        ("", "Say in `site` which site it is to be: https://acme.atlassian.net, https://beta.atlassian.net"),
        ("gamma", "`site` names none of these: https://acme.atlassian.net, https://beta.atlassian.net"),
    ] {
        let (here, back, id) = choosing(named.into()).await;
        assert!(back.contains("oauth_error"), "{back}");
        let status = here.account.get(&format!("/api/integrations/oauth/status/{id}")).await.expect(200);
        assert_eq!((status.at("status"), status.at("error")), (json!("failed"), json!(said)));
        assert!(!here.account.connected("jira").await);
    }
}
