//! Slack: `ok: false` with status 200, a token that may lie under the person, and an end only with token rotation.

use serde_json::json;
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, Memory, Refused},
};

const HOSTS: &[&str] = &["slack.com"];
const TOKEN: &str = "slack.com/api/oauth.v2.access";

fn plan() -> Plan {
    Plan {
        authorize: "slack.com/oauth/v2/authorize",
        account: (Some("U1"), Some("ada@slack.example")),
        life: 43_200,
        refresh: TOKEN,
        ..Plan::new("slack", HOSTS, vendor)
    }
}

/// With `quirk` token rotation is switched on.
fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let no = |error: &str| Reply::json(200, json!({ "ok": false, "error": error }));
    match asked.place().as_str() {
        TOKEN => {
            assert!(asked.header("authorization").starts_with("Basic "), "Slack prefers the header");
            match memory.token(asked, true) {
                Ok(answer) => {
                    let mut whole = json!({
                        "ok": true, "access_token": answer["access_token"], "token_type": "bot", "bot_user_id": "B1",
                        "app_id": "A1", "scope": "channels:read,chat:write", "team": { "id": "T1", "name": "Ada's" },
                        "enterprise": null, "authed_user": { "id": "U1" },
                    });
                    if memory.quirk {
                        whole["expires_in"] = 43_200.into();
                        whole["refresh_token"] = answer["refresh_token"].clone();
                    }
                    Reply::json(200, whole)
                }
                Err(Refused::Client) => no("bad_client_secret"),
                Err(Refused::Grant) => no("invalid_refresh_token"),
            }
        }
        _ if !memory.takes(asked.bearer()) => no(if memory.quirk { "token_expired" } else { "token_revoked" }),
        "slack.com/api/auth.test" => {
            let team = json!({ "ok": true, "url": "https://ada.slack.com/", "team": "Ada's", "team_id": "T1" });
            let mut who = team;
            who["user"] = "ada".into();
            who["user_id"] = "U1".into();
            Reply::json(200, who)
        }
        "slack.com/api/users.info" if asked.query["user"] == "U1" => {
            let profile = json!({ "real_name": "Ada", "email": "ada@slack.example" });
            Reply::json(200, json!({ "ok": true, "user": { "id": "U1", "profile": profile } }))
        }
        "slack.com/api/auth.revoke" => {
            memory.end(asked.bearer());
            Reply::json(200, json!({ "ok": true, "revoked": true }))
        }
        _ => no("unknown_method"),
    }
}

async fn connected() -> Connected {
    plan().connected(|_| json!({})).await
}

#[tokio::test]
async fn without_rotation_a_token_has_no_end_until_it_is_revoked() {
    let here = connected().await;
    here.account.pass(300 * 86_400);
    let lent = here.account.token("slack").await.expect(200);
    assert_eq!((lent.at("expires_in"), lent.at("scopes")), (json!(null), json!(["channels:read", "chat:write"])));
    assert_eq!(here.account.test("slack").await.at("/data/workspace"), "T1");
    here.standin.revoke();
    let tested = here.account.test("slack").await;
    assert_eq!(tested.at("success"), false, "a 200 that says no is a no");
    assert_eq!(here.account.token("slack").await.expect(409).at("reauth_required"), true);
}

#[tokio::test]
async fn with_rotation_it_is_renewed_and_ended() {
    let here = plan().ready().await;
    here.standin.quirk(true);
    here.consent(json!({})).await;
    here.journey().await;
}

#[tokio::test]
async fn disconnecting_revokes_the_workspaces_bot() {
    let here = connected().await;
    here.account.disconnect("slack").await;
    // It is the whole workspace's, so it waits for whoever is connecting anew.
    here.account.pass(12 * 60);
    here.account.app.tick().await;
    assert_eq!(here.standin.asked("slack.com/api/auth.revoke")[0].bearer(), "access-1");
}
