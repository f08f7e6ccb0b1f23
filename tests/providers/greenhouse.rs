//! Greenhouse: a customer's own client mints; a partner's app asks for consent.

use serde_json::json;
use support::{Reply, TestApp};

use crate::{
    account::Account,
    consent::Plan,
    minting::Minter,
    standin::{Asked, CLIENT, Memory, Standin},
};

pub(crate) const HOSTS: &[&str] = &["auth.greenhouse.io", "harvest.greenhouse.io"];
const TOKEN: &str = "auth.greenhouse.io/token";

pub(crate) fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    match asked.place().as_str() {
        TOKEN if asked.field("grant_type") == "client_credentials" => {
            if !memory.knows(asked) || !asked.header("authorization").starts_with("Basic ") {
                return Reply::json(401, json!({ "error": "invalid_client", "error_description": "Unknown client" }));
            }
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
        }
        TOKEN => memory.token(asked, true).map_or_else(|refused| refused.reply(), |answer| Reply::json(200, answer)),
        "harvest.greenhouse.io/v3/users" if memory.takes(asked.bearer()) => {
            assert_eq!(asked.query["per_page"], "1");
            Reply::json(200, json!([{ "id": 1, "name": "Ada" }]))
        }
        "harvest.greenhouse.io/v3/users" => Reply::json(401, json!({ "message": "Invalid access token" })),
        other => Reply::json(404, json!({ "message": other })),
    }
}

async fn customer() -> Minter {
    let standin = Standin::start(HOSTS, vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["greenhouse"])).await;
    let credential = json!({ "clientId": CLIENT.0, "clientSecret": CLIENT.1, "sub": "4711" });
    Minter { slug: "greenhouse", standin, account, credential, secret: CLIENT.1.to_owned(), mint: TOKEN }
}

#[tokio::test]
async fn a_customers_own_client_mints() {
    let customer = customer().await;
    customer.journey().await;
    assert_eq!(customer.standin.asked(TOKEN)[0].field("sub"), "4711");
}

#[tokio::test]
async fn nobody_to_act_for_is_left_out() {
    let customer = customer().await;
    let credential = json!({ "clientId": CLIENT.0, "clientSecret": CLIENT.1 });
    customer.account.save("greenhouse", credential).await.expect(200);
    let body = String::from_utf8(customer.standin.asked(TOKEN)[0].body.to_vec()).unwrap();
    assert_eq!(body, "grant_type=client_credentials");
}

#[tokio::test]
async fn a_wrong_client_is_named_as_such_and_not_kept() {
    let customer = customer().await;
    for wrong in [
        json!({ "clientId": CLIENT.0, "clientSecret": "no-secret-of-theirs" }),
        json!({ "clientId": "somebody-else", "clientSecret": CLIENT.1 }),
    ] {
        let refused = customer.account.save("greenhouse", wrong.clone()).await.expect(400);
        assert_eq!(refused.at("error"), "Credentials validation failed: Unknown client");
        let path = "/api/integrations/greenhouse/test";
        let tested = customer.account.post(path, wrong).await.expect(200);
        assert_eq!((tested.at("success"), tested.at("error")), (json!(false), json!("Unknown client")));
    }
    let refused = customer.account.save("greenhouse", json!({ "clientId": CLIENT.0 })).await.expect(400);
    assert_eq!(refused.at("/errors/0/pointer"), "/credentials/client_secret");
    assert!(!customer.account.connected("greenhouse").await);
}

#[tokio::test]
async fn a_partners_app_asks_for_consent() {
    let plan =
        Plan { authorize: "auth.greenhouse.io/authorize", refresh: TOKEN, ..Plan::new("greenhouse", HOSTS, vendor) };
    plan.connected(|_| json!({})).await.journey().await;
}

/// Its refresh tokens live for a day.
#[tokio::test]
async fn a_partners_connection_that_nobody_uses_is_kept_alive() {
    let plan =
        Plan { authorize: "auth.greenhouse.io/authorize", refresh: TOKEN, ..Plan::new("greenhouse", HOSTS, vendor) };
    let here = plan.connected(|_| json!({})).await;
    let begun = here.standin.asked(TOKEN).len();
    for day in 1..=3 {
        here.account.pass(20 * 3600);
        here.account.app.tick().await;
        assert_eq!(here.standin.asked(TOKEN).len(), begun + day, "by day {day}");
    }
}
