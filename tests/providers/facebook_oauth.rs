//! Facebook by consent: no refresh tokens. What the code brings is exchanged at once for a token of sixty days, and that one
//! again before it ends; one that has ended cannot be.

use serde_json::json;
use support::Reply;

use crate::{
    consent::{Connected, Plan},
    standin::{Asked, CLIENT, CODE, Memory},
};

const HOSTS: &[&str] = &["www.facebook.com", "graph.facebook.com"];
const TOKEN: &str = "graph.facebook.com/v25.0/oauth/access_token";
const DAY: u64 = 86_400;

fn plan() -> Plan {
    Plan {
        authorize: "www.facebook.com/v25.0/dialog/oauth",
        account: (Some("1077"), Some("ada@example.org")),
        life: 60 * DAY,
        refresh: TOKEN,
        ..Plan::new("facebook_oauth", HOSTS, vendor)
    }
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    let failed = |code: u32, said: &str| {
        Reply::json(400, json!({ "error": { "message": said, "type": "OAuthException", "code": code } }))
    };
    match asked.place().as_str() {
        TOKEN if !memory.knows(asked) => failed(101, "Error validating application. Invalid application ID."),
        TOKEN if asked.field("grant_type") == "fb_exchange_token" => {
            if !memory.takes(&asked.field("fb_exchange_token")) {
                return failed(190, "Error validating access token: Session has expired.");
            }
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "token_type": "bearer", "expires_in": 60 * DAY }))
        }
        TOKEN if asked.field("code") == CODE => {
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "token_type": "bearer", "expires_in": 5400 }))
        }
        // The app demands a proof of every server call; the token endpoint has the secret itself.
        _ if asked.proved_by(CLIENT.1).is_none() => {
            failed(100, "API calls from the server require an appsecret_proof argument")
        }
        "graph.facebook.com/v25.0/me/permissions" => Reply::json(200, json!({ "success": true })),
        _ if !memory.takes(asked.bearer()) => failed(190, "Error validating access token: it was invalidated"),
        "graph.facebook.com/v25.0/me" => {
            Reply::json(200, json!({ "id": "1077", "name": "Ada", "email": "ada@example.org" }))
        }
        other => failed(100, other),
    }
}

async fn connected() -> Connected {
    plan().connected(|_| json!({})).await
}

#[tokio::test]
async fn the_short_token_becomes_a_long_one_at_once() {
    let here = connected().await;
    let exchanges = here.standin.asked(TOKEN);
    assert_eq!(exchanges.iter().map(|asked| asked.field("fb_exchange_token")).collect::<Vec<_>>(), ["", "access-1"]);
    let me = here.standin.asked("graph.facebook.com/v25.0/me").remove(0);
    assert_eq!(me.proved_by(CLIENT.1).as_deref(), Some("access-2"));
    assert_eq!(me.query["appsecret_time"], here.account.app.clock().epoch().to_string());
    let lent = here.account.token("facebook_oauth").await.expect(200);
    assert_eq!((lent.at("access_token"), lent.at("expires_in")), (json!("access-2"), json!(60 * DAY)));
    let tested = here.account.test("facebook_oauth").await;
    assert_eq!((tested.at("success"), tested.at("/data/id")), (json!(true), json!("1077")));
}

/// A token that somebody pasted lives for an hour or two, and is no worse than one that a code brought.
#[tokio::test]
async fn a_pasted_token_becomes_a_long_one_as_well() {
    let here = connected().await;
    here.account.save("facebook_oauth", json!({ "accessToken": "access-1" })).await.expect(200);
    let lent = here.account.token("facebook_oauth").await.expect(200);
    assert_eq!((lent.at("access_token"), lent.at("expires_in")), (json!("access-3"), json!(60 * DAY)));
    here.account.pass(50 * DAY);
    here.account.app.tick().await;
    assert_eq!(here.standin.asked(TOKEN).last().unwrap().field("fb_exchange_token"), "access-3");
    assert_eq!(here.lent().await, "access-4");
}

/// One of another app's works for as long as it lasts, and nobody pretends to know how long that is.
#[tokio::test]
async fn a_pasted_token_that_cannot_be_exchanged_stays_as_it_is() {
    let here = connected().await;
    here.standin.knows_client(false);
    here.account.save("facebook_oauth", json!({ "accessToken": "access-1" })).await.expect(200);
    let lent = here.account.token("facebook_oauth").await.expect(200);
    assert_eq!((lent.at("access_token"), lent.at("expires_in")), (json!("access-1"), json!(null)));
}

/// Also one that nobody reads: once it has ended there is nothing to exchange.
#[tokio::test]
async fn the_long_token_is_exchanged_well_before_it_ends() {
    let here = connected().await;
    here.account.pass(40 * DAY);
    here.account.app.tick().await;
    assert_eq!(here.standin.asked(TOKEN).len(), 2);
    here.account.pass(9 * DAY);
    here.account.app.tick().await;
    assert_eq!(here.standin.asked(TOKEN)[2].field("fb_exchange_token"), "access-2");
    here.account.pass(50 * DAY);
    assert_eq!(here.lent().await, "access-3");
}

#[tokio::test]
async fn an_operators_mistake_disconnects_nobody() {
    let here = connected().await;
    here.standin.knows_client(false);
    here.account.pass(60 * DAY - 100);
    // Good for another minute or two.
    assert_eq!(here.lent().await, "access-2");
    here.account.pass(100);
    here.account.token("facebook_oauth").await.expect(503);
    assert!(here.account.connected("facebook_oauth").await);
}

#[tokio::test]
async fn a_token_that_its_person_took_back_asks_for_another_consent() {
    let here = connected().await;
    here.standin.revoke();
    let tested = here.account.test("facebook_oauth").await;
    assert_eq!(tested.at("success"), false);
    let refused = here.account.token("facebook_oauth").await.expect(409);
    assert_eq!(refused.at("reauth_required"), true);
}

#[tokio::test]
async fn disconnecting_takes_the_permissions_back() {
    let here = connected().await;
    here.account.disconnect("facebook_oauth").await;
    // It ends all that the account granted, so it waits for whoever is connecting anew.
    here.account.app.clock().advance(std::time::Duration::from_mins(12));
    here.account.app.tick().await;
    let revoked = here.standin.asked("graph.facebook.com/v25.0/me/permissions");
    assert_eq!(revoked.len(), 1);
    assert_eq!((revoked[0].method.as_str(), revoked[0].query["access_token"].as_str()), ("DELETE", "access-2"));
}
