//! Dropbox: calls without a body have no content type either, and a refresh brings no refresh token.

use serde_json::{Value, json};
use support::Reply;

use crate::{
    consent::Plan,
    standin::{Asked, Memory},
};

const HOSTS: &[&str] = &["www.dropbox.com", "api.dropboxapi.com"];
const TOKEN: &str = "api.dropboxapi.com/oauth2/token";
const REVOKE: &str = "api.dropboxapi.com/2/auth/token/revoke";

fn plan() -> Plan {
    Plan {
        authorize: "www.dropbox.com/oauth2/authorize",
        account: (Some("dbid:1"), Some("ada@dropbox.example")),
        life: 14_400,
        refresh: TOKEN,
        ..Plan::new("dropbox", HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if asked.place() == TOKEN {
        return memory.token(asked, false).map_or_else(
            |refused| refused.reply(),
            |mut answer| {
                answer["expires_in"] = 14_400.into();
                answer["scope"] = "account_info.read files.content.read".into();
                answer["account_id"] = "dbid:1".into();
                Reply::json(200, answer)
            },
        );
    }
    if !memory.takes(asked.bearer()) {
        let said = json!({ "error_summary": "expired_access_token/..", "error": { ".tag": "expired_access_token" } });
        return Reply::json(401, said);
    }
    // It takes a content type for a promise of JSON.
    if !asked.body.is_empty() || !asked.header("content-type").is_empty() {
        return Reply::text(400, "Error in call to API function: request body: could not decode input as JSON");
    }
    match asked.place().as_str() {
        "api.dropboxapi.com/2/users/get_current_account" if asked.method == "POST" => {
            let name = json!({ "display_name": "Ada" });
            Reply::json(200, json!({ "account_id": "dbid:1", "name": name, "email": "ada@dropbox.example" }))
        }
        REVOKE => {
            memory.end(asked.bearer());
            Reply::json(200, Value::Null)
        }
        _ => Reply::text(404, "no such function"),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({})).await;
    here.journey().await;
    let start = here.account.post("/api/integrations/oauth/start/dropbox", json!({})).await.expect(200);
    let page = start.at("authUrl");
    assert!(page.as_str().unwrap().contains("token_access_type=offline"), "else there is no refresh token: {page}");
}

/// A revocation is proved by the access token, which may have ended: then it is renewed for that.
#[tokio::test]
async fn disconnecting_ends_it_at_dropbox_whenever_that_is() {
    let here = plan().connected(|_| json!({})).await;
    here.standin.expire();
    here.account.disconnect("dropbox").await;
    here.account.app.tick().await;
    here.account.app.clock().advance(std::time::Duration::from_mins(1));
    here.account.app.tick().await;
    let ended: Vec<String> = here.standin.asked(REVOKE).iter().map(|asked| asked.bearer().to_owned()).collect();
    assert_eq!(ended, ["access-1", "access-2"]);
}

#[tokio::test]
async fn a_pasted_token_is_tried_and_lent() {
    let here = plan().connected(|_| json!({})).await;
    let token = here.lent().await;
    here.account.disconnect("dropbox").await;
    here.account.save("dropbox", json!({ "accessToken": "a-wrong-one" })).await.expect(400);
    assert!(!here.account.connected("dropbox").await);
    let saved = here.account.save("dropbox", json!({ "accessToken": token })).await.expect(200);
    assert_eq!(saved.at("/testData/id"), "dbid:1");
    assert_eq!(here.account.test("dropbox").await.at("success"), true);
    assert_eq!(here.lent().await, token);
}
