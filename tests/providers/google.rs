//! Google's products by consent: one family, one client, and each its own host and scopes.

use serde_json::{Value, json};
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, Memory, Refused},
};

const HOSTS: &[&str] = &[
    "accounts.google.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "sheets.googleapis.com",
    "gmail.googleapis.com",
    "meet.googleapis.com",
];

fn plan(slug: &'static str) -> Plan {
    Plan {
        extends: Some("google"),
        authorize: "accounts.google.com/o/oauth2/v2/auth",
        issuer: Some("accounts.google.com"),
        account: (Some("1077"), Some("ada@example.org")),
        life: 3599,
        refresh: "oauth2.googleapis.com/token",
        ..Plan::new(slug, HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    match asked.place().as_str() {
        "oauth2.googleapis.com/token" => match memory.token(asked, false) {
            Ok(mut answer) => {
                answer["expires_in"] = 3599.into();
                Reply::json(200, answer)
            }
            Err(Refused::Client) => {
                let said = json!({ "error": "invalid_client", "error_description": "The OAuth client was not found." });
                Reply::json(401, said)
            }
            Err(Refused::Grant) => {
                let said = "Token has been expired or revoked.";
                Reply::json(400, json!({ "error": "invalid_grant", "error_description": said }))
            }
        },
        "oauth2.googleapis.com/revoke" => Reply::json(200, json!({})),
        _ if !memory.takes(asked.bearer()) => Reply::json(401, unauthenticated()),
        "www.googleapis.com/oauth2/v2/userinfo" => {
            Reply::json(200, json!({ "id": "1077", "email": "ada@example.org", "name": "Ada" }))
        }
        "www.googleapis.com/drive/v3/about" if asked.query["fields"] == "user" => {
            Reply::json(200, json!({ "user": { "emailAddress": "ada@example.org" } }))
        }
        "gmail.googleapis.com/gmail/v1/users/me/profile" => {
            Reply::json(200, json!({ "emailAddress": "ada@example.org", "historyId": "1" }))
        }
        "www.googleapis.com/calendar/v3/users/me/calendarList" if asked.query["maxResults"] == "1" => {
            Reply::json(200, json!({ "kind": "calendar#calendarList", "items": [{ "id": "ada@example.org" }] }))
        }
        other => Reply::json(404, json!({ "error": { "code": 404, "message": other, "status": "NOT_FOUND" } })),
    }
}

fn unauthenticated() -> Value {
    json!({ "error": { "code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED",
        "errors": [{ "domain": "global", "reason": "authError", "message": "Invalid Credentials" }] } })
}

async fn journey(slug: &'static str, scope: &str) -> Connected {
    let here = plan(slug).connected(|_| json!({})).await;
    let listed = here.account.get("/api/integrations").await.expect(200);
    let scopes = listed.at("/0/scopes");
    assert!(scopes.as_array().unwrap().contains(&json!(format!("https://www.googleapis.com/auth/{scope}"))));
    here.journey().await;
    here
}

#[tokio::test]
async fn drive() {
    journey("google_drive", "drive").await;
}

#[tokio::test]
async fn gmail() {
    let here = journey("gmail", "gmail.modify").await;
    assert!(!here.standin.asked("gmail.googleapis.com/gmail/v1/users/me/profile").is_empty());
}

#[tokio::test]
async fn calendar() {
    let here = journey("google_calendar", "calendar").await;
    assert!(!here.standin.asked("www.googleapis.com/calendar/v3/users/me/calendarList").is_empty());
}

/// All of it by one consent. Ending it at Google ends what every other product of the same account was granted, so it is
/// not ended while one of those is connected.
#[tokio::test]
async fn the_whole_workspace() {
    let here = Plan { extends: None, ..plan("google") }.connected(|_| json!({})).await;
    let granted = here.account.token("google").await.expect(200).at("scopes");
    assert!(granted.as_array().unwrap().len() >= 5, "{granted}");
    here.journey().await;
}

#[tokio::test]
async fn meet() {
    journey("google_meet", "meetings.space.created").await;
}

/// D4's clients know it as `sheets_oauth`, beside `sheets`, which is a slot of its own.
#[tokio::test]
async fn sheets_by_consent() {
    let here = plan("google_sheets").connected(|_| json!({})).await;
    assert!(here.account.connected("sheets_oauth").await);
    assert!(!here.account.connected("sheets").await);
    let lent = here.account.token("sheets_oauth").await.expect(200);
    assert_eq!(lent.at("provider"), "google_sheets");
    here.journey().await;
}

/// What D4's clients got for themselves: with an end in milliseconds, as Google's libraries have it. Blanks that came along
/// are no part of a token.
#[tokio::test]
async fn pasted_tokens_of_sheets_know_their_end() {
    let here = plan("google_sheets").connected(|_| json!({})).await;
    let access = here.lent().await;
    let end = here.account.app.clock().now().as_millisecond() + 1_800_000;
    let tokens = json!({ "accessToken": format!(" {access}\n"), "refreshToken": "refresh-1 ", "tokenType": "Bearer", "expiryDate": end });
    here.account.save("sheets_oauth", tokens).await.expect(200);
    let lent = here.account.token("sheets_oauth").await.expect(200);
    assert_eq!(lent.at("expires_in"), 1800);
    here.account.pass(1800);
    assert_ne!(here.lent().await, access);
}
