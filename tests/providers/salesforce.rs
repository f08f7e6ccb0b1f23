//! Salesforce: the token answer names the host that the API is at, and no end of the token.

use serde_json::{Value, json};
use support::{FRONTEND_URL, Reply};

use crate::{
    consent::Plan,
    standin::{Asked, Memory},
};

const HOSTS: &[&str] = &["login.salesforce.com", "test.salesforce.com", "acme.my.salesforce.com"];

fn plan() -> Plan {
    Plan {
        authorize: "login.salesforce.com/services/oauth2/authorize",
        account: (Some("005A"), Some("ada@example.org")),
        life: 7200,
        refresh: "login.salesforce.com/services/oauth2/token",
        ..Plan::new("salesforce", HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let (host, path) = (asked.host.as_str(), asked.path.as_str());
    match (host, path) {
        ("login.salesforce.com" | "test.salesforce.com", "/services/oauth2/token") => match memory.token(asked, true) {
            Ok(mut answer) => {
                answer.as_object_mut().unwrap().remove("expires_in");
                let api = if memory.quirk { "http://169.254.169.254".to_owned() } else { api(memory) };
                answer["instance_url"] = api.into();
                answer["id"] = "https://login.salesforce.com/id/00D/005A".into();
                Reply::json(200, answer)
            }
            Err(crate::standin::Refused::Client) => {
                let said = json!({ "error": "invalid_client_id", "error_description": "client identifier invalid" });
                Reply::json(400, said)
            }
            Err(crate::standin::Refused::Grant) => {
                let said = "expired access/refresh token";
                Reply::json(400, json!({ "error": "invalid_grant", "error_description": said }))
            }
        },
        ("login.salesforce.com" | "test.salesforce.com", "/services/oauth2/revoke") => Reply::json(200, json!({})),
        _ if !memory.takes(asked.bearer()) => {
            Reply::json(401, json!([{ "message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID" }]))
        }
        ("login.salesforce.com" | "test.salesforce.com", "/services/oauth2/userinfo") => {
            let who = json!({ "user_id": "005A", "organization_id": "00D", "preferred_username": "ada@acme.example",
                "name": "Ada", "email": "ada@example.org" });
            Reply::json(200, who)
        }
        ("acme.my.salesforce.com", "/services/data/v60.0/limits") => {
            Reply::json(200, json!({ "DailyApiRequests": { "Max": 15000, "Remaining": 14999 } }))
        }
        _ => Reply::json(404, json!([{ "errorCode": "NOT_FOUND", "message": path }])),
    }
}

fn api(memory: &Memory) -> String {
    memory.at["acme.my.salesforce.com"].clone()
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({})).await;
    here.journey().await;
    assert!(!here.standin.asked("acme.my.salesforce.com/services/data/v60.0/limits").is_empty());
}

#[tokio::test]
async fn a_sandbox_signs_in_elsewhere() {
    let plan = Plan {
        authorize: "test.salesforce.com/services/oauth2/authorize",
        refresh: "test.salesforce.com/services/oauth2/token",
        ..plan()
    };
    let here = plan.connected(|standin| json!({ "login": standin.at("test.salesforce.com") })).await;
    here.journey().await;
    assert!(here.standin.asked("login.salesforce.com/services/oauth2/token").is_empty());
}

#[tokio::test]
async fn an_address_that_is_not_salesforces_starts_nothing() {
    let here = plan().ready().await;
    let start = "/api/integrations/oauth/start/salesforce";
    for login in [
        "https://evil.example",
        "evil.example",
        "http://169.254.169.254",
        "https://login.salesforce.com.evil.example",
        "https://login.salesforce.com@evil.example",
        "https://evil.example/login.salesforce.com",
        "https://a.b.my.salesforce.com",
    ] {
        let refused = here.account.post(start, json!({ "fields": { "login": login } })).await.expect(400);
        assert_eq!(refused.at("/errors/0/pointer"), "/fields/login", "{login}");
    }
    assert!(here.standin.seen().is_empty());
}

/// The token would be handed to whoever is there.
#[tokio::test]
async fn an_instance_that_is_not_salesforces_is_never_called() {
    let here = plan().ready().await;
    here.standin.quirk(true);
    let back = here.consent(json!({})).await;
    assert!(back.header("location").starts_with(&format!("{FRONTEND_URL}/?oauth_error=")), "{back:?}");
    assert!(!here.account.connected("salesforce").await);
}

#[tokio::test]
async fn a_pasted_token_needs_its_instance() {
    let here = plan().connected(|_| json!({})).await;
    let token = here.lent().await;
    let with = |instance: Value| json!({ "accessToken": token, "refreshToken": "refresh-1", "instance_url": instance });
    here.account.save("salesforce", with(Value::Null)).await.expect(400);
    for foreign in ["http://169.254.169.254", "https://evil.example", "http://127.0.0.1:1"] {
        here.account.save("salesforce", with(foreign.into())).await.expect(400);
    }
    here.account.save("salesforce", with(here.standin.at("acme.my.salesforce.com").into())).await.expect(200);
    assert_eq!(here.account.test("salesforce").await.at("success"), true);
    assert_eq!(here.lent().await, token);
}
