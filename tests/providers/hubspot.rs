//! `HubSpot`: half an hour a token, errors of its own kind, and the portal is the account.

use serde_json::json;
use support::Reply;

use crate::{
    consent::Plan,
    standin::{Asked, Memory, Refused},
};

const HOSTS: &[&str] = &["app.hubspot.com", "api.hubapi.com"];

fn plan() -> Plan {
    Plan {
        authorize: "app.hubspot.com/oauth/authorize",
        account: (Some("4711"), None),
        life: 1800,
        refresh: "api.hubapi.com/oauth/v3/token",
        ..Plan::new("hubspot", HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    match asked.place().as_str() {
        "api.hubapi.com/oauth/v3/token" => match memory.token(asked, false) {
            Ok(mut answer) => {
                answer["expires_in"] = 1800.into();
                answer["hub_id"] = 4711.into();
                answer["user_id"] = 99.into();
                Reply::json(200, answer)
            }
            Err(Refused::Client) => {
                let said = json!({ "status": "BAD_CLIENT_ID", "message": "missing or unknown client id" });
                Reply::json(400, said)
            }
            Err(Refused::Grant) => {
                let said = json!({ "status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token" });
                Reply::json(400, said)
            }
        },
        "api.hubapi.com/oauth/v3/token/revoke" => Reply::json(200, json!({})),
        "api.hubapi.com/account-info/v3/details"
            if memory.takes(asked.bearer()) || asked.bearer() == "pat-eu1-good" =>
        {
            Reply::json(200, json!({ "portalId": 4711, "uiDomain": "app.hubspot.com", "timeZone": "UTC" }))
        }
        "api.hubapi.com/account-info/v3/details" => {
            let said = "The OAuth token used to make this call expired";
            let category = "EXPIRED_AUTHENTICATION";
            Reply::json(401, json!({ "status": "error", "message": said, "category": category }))
        }
        other => Reply::json(404, json!({ "status": "error", "message": other })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    plan().connected(|_| json!({})).await.journey().await;
}

#[tokio::test]
async fn disconnecting_gives_the_token_back() {
    let here = plan().connected(|_| json!({})).await;
    here.account.disconnect("hubspot").await;
    here.account.app.tick().await;
    let revoked = here.standin.asked("api.hubapi.com/oauth/v3/token/revoke");
    assert_eq!(revoked.iter().map(|asked| asked.field("token")).collect::<Vec<_>>(), ["refresh-1"]);
}

#[tokio::test]
async fn a_private_apps_token_stands_beside_it() {
    let here = plan().ready().await;
    let saved = here.account.save("hubspot", json!({ "token": "pat-eu1-good" })).await.expect(200);
    assert_eq!(saved.at("/testData/id"), "4711");
    here.account.save("hubspot", json!({ "token": "pat-eu1-bad" })).await.expect(400);
}
