//! Google's other products by a service account, beside a person's consent: what it may do by itself, and where it must act for
//! somebody.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    minting::Minter,
    sheets::{self, EMAIL, MINT, file, part, secret},
    standin::{Asked, Memory, Standin},
};

const HOSTS: &[&str] = &[
    "accounts.google.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "sheets.googleapis.com",
    "gmail.googleapis.com",
    "meet.googleapis.com",
];
const ADA: &str = "ada@example.org";

/// Each product takes tokens of its own scope; mail is somebody's.
fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if asked.place() == MINT {
        return sheets::vendor(asked, memory);
    }
    let error = |code: u16, status: &str, said: &str| {
        Reply::json(code, json!({ "error": { "code": code, "message": said, "status": status } }))
    };
    if !memory.takes(asked.bearer()) {
        return error(401, "UNAUTHENTICATED", "Invalid Credentials");
    }
    let minted = memory.seen.iter().rfind(|seen| seen.place() == MINT).map(|seen| seen.field("assertion"));
    let claims = part(&minted.unwrap(), 1);
    let scopes: Vec<&str> = claims["scope"].as_str().unwrap().split(' ').collect();
    let may = |scope: &str| scopes.contains(&format!("https://www.googleapis.com/auth/{scope}").as_str());
    match asked.place().as_str() {
        "www.googleapis.com/oauth2/v2/userinfo" if may("userinfo.email") => {
            Reply::json(200, json!({ "id": "2001", "email": claims.get("sub").unwrap_or(&claims["iss"]) }))
        }
        "www.googleapis.com/drive/v3/about" if may("drive") => {
            Reply::json(200, json!({ "user": { "emailAddress": EMAIL } }))
        }
        "www.googleapis.com/calendar/v3/users/me/calendarList" if may("calendar") => {
            Reply::json(200, json!({ "kind": "calendar#calendarList", "items": [] }))
        }
        "gmail.googleapis.com/gmail/v1/users/me/profile" if may("gmail.modify") && claims["sub"] == ADA => {
            Reply::json(200, json!({ "emailAddress": ADA, "historyId": "1" }))
        }
        other => error(403, "PERMISSION_DENIED", other),
    }
}

async fn robot(slug: &'static str, credential: Value) -> Minter {
    let standin = Standin::start(HOSTS, vendor).await;
    let slugs: &[&str] = if slug == "google" { &["google"] } else { &["google", slug] };
    let account = Account::of(standin.setup(TestApp::setup(), slugs)).await;
    Minter { slug, standin, account, credential, secret: secret(), mint: MINT }
}

fn for_ada() -> Value {
    json!({ "serviceAccountJson": file(), "subject": ADA })
}

/// A calendar, a file or a sheet may be a service account's own.
#[tokio::test]
async fn it_uses_by_itself_what_is_shared_with_it() {
    for (slug, scopes) in [
        ("google_calendar", &["calendar"][..]),
        ("google_drive", &["drive"]),
        ("google_sheets", &["userinfo.email", "spreadsheets"]),
    ] {
        let robot = robot(slug, json!({ "serviceAccountJson": file() })).await;
        robot.journey().await;
        let lent = robot.account.token(slug).await.expect(200);
        let scopes: Vec<_> = scopes.iter().map(|scope| format!("https://www.googleapis.com/auth/{scope}")).collect();
        assert_eq!((lent.at("scopes"), lent.at("token_type")), (json!(scopes), json!("bearer")));
        let saved = robot.account.save(slug, file()).await.expect(200);
        assert_eq!((saved.at("/testData/id"), saved.at("/testData/email")), (json!(EMAIL), json!(EMAIL)), "{slug}");
    }
}

#[tokio::test]
async fn it_acts_for_somebody_where_a_product_belongs_to_people() {
    for slug in ["gmail", "google_meet", "google"] {
        let robot = robot(slug, for_ada()).await;
        let alone = robot.account.save(slug, json!({ "serviceAccountJson": file() })).await.expect(400);
        assert_eq!(alone.at("/errors/0/pointer"), "/credentials/subject", "{slug}");
        assert!(robot.standin.seen().is_empty());
        robot.journey().await;
        let claims = part(&robot.standin.asked(MINT)[0].field("assertion"), 1);
        assert_eq!(claims["sub"], ADA, "{slug}");
        let eve = json!({ "serviceAccountJson": file(), "subject": "eve@example.org" });
        let refused = robot.account.save(slug, eve).await.expect(400);
        assert!(refused.at("error").as_str().unwrap().contains("Client is unauthorized"), "{}", refused.text());
        let saved = robot.account.save(slug, for_ada()).await.expect(200);
        assert_eq!(saved.at("/testData/email"), ADA, "{slug}");
    }
}

/// Nobody consented, so there is nothing to take back at Google.
#[tokio::test]
async fn disconnecting_it_sends_nothing() {
    let robot = robot("gmail", for_ada()).await;
    robot.account.save("gmail", for_ada()).await.expect(200);
    let seen = robot.standin.seen().len();
    robot.account.disconnect("gmail").await;
    robot.account.pass(720);
    robot.account.app.tick().await;
    assert_eq!(robot.standin.seen().len(), seen);
    robot.account.token("gmail").await.expect(404);
}
