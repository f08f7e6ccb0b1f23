//! Amazon's Selling Partner API: another name for the code, another header for the token, and a host for each region.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    consent::Plan,
    minting::Minter,
    standin::{Asked, Memory, Refused, Standin},
};

pub(crate) const HOSTS: &[&str] = &[
    "sellercentral.amazon.com",
    "sellercentral-europe.amazon.com",
    "api.amazon.com",
    "sellingpartnerapi-na.amazon.com",
    "sellingpartnerapi-eu.amazon.com",
];
const TOKEN: &str = "api.amazon.com/auth/o2/token";
const APP: &str = "amzn1.sp.solution.4711-ab";
const PARTICIPATIONS: &str = "/sellers/v1/marketplaceParticipations";

fn plan() -> Plan {
    Plan {
        authorize: "sellercentral.amazon.com/apps/authorize/consent",
        code: "spapi_oauth_code",
        refresh: TOKEN,
        ..Plan::new("amazon", HOSTS, vendor)
    }
}

pub(crate) fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if asked.place() == TOKEN {
        if asked.field("refresh_token") == "Atzr|lasting" && asked.field("client_id") == "amzn1.own" {
            if memory.estranged {
                return Reply::json(401, json!({ "error": "invalid_client", "error_description": "Unknown client" }));
            }
            let token = memory.access();
            return Reply::json(200, json!({ "access_token": token, "token_type": "bearer", "expires_in": 3600 }));
        }
        return match memory.token(asked, false) {
            Ok(answer) => Reply::json(200, answer),
            Err(refused @ Refused::Client) => refused.reply(),
            Err(Refused::Grant) => {
                let said = "The request has an invalid grant parameter : refresh_token";
                Reply::json(400, json!({ "error": "invalid_grant", "error_description": said }))
            }
        };
    }
    if !memory.takes(asked.header("x-amz-access-token")) {
        let said = "The access token you provided has expired.";
        let error =
            json!({ "code": "Unauthorized", "message": "Access to requested resource is denied.", "details": said });
        return Reply::json(403, json!({ "errors": [error] }));
    }
    assert_eq!(asked.header("authorization"), "");
    match asked.path.as_str() {
        "/sellers/v1/account" => Reply::json(200, json!({ "payload": { "business": { "name": "Ada's Books" } } })),
        PARTICIPATIONS => Reply::json(200, json!({ "payload": [{ "marketplace": { "id": "ATVPDKIKX0DER" } }] })),
        path => Reply::json(404, json!({ "errors": [{ "code": "NotFound", "message": path }] })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({ "application_id": APP })).await;
    here.journey().await;
    assert!(!here.standin.asked(&format!("sellingpartnerapi-na.amazon.com{PARTICIPATIONS}")).is_empty());
}

#[tokio::test]
async fn the_consent_page_is_told_the_app_and_nothing_else() {
    let here = plan().ready().await;
    let start = json!({ "fields": { "application_id": APP } });
    let started = here.account.post("/api/integrations/oauth/start/amazon", start).await.expect(200);
    let page: url::Url = started.at("authUrl").as_str().unwrap().parse().unwrap();
    let names: Vec<String> = page.query_pairs().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["redirect_uri", "state", "application_id"]);
    let draft = json!({ "fields": { "application_id": APP, "app_status": "draft" } });
    let draft = here.account.post("/api/integrations/oauth/start/amazon", draft).await.expect(200).at("authUrl");
    assert!(draft.as_str().unwrap().ends_with("&version=beta"), "{draft}");
    for fields in [json!({}), json!({ "application_id": "4711" }), json!({ "application_id": APP, "region": "xx" })] {
        let start = json!({ "fields": fields });
        here.account.post("/api/integrations/oauth/start/amazon", start).await.expect(400);
    }
}

#[tokio::test]
async fn each_region_is_a_host_of_its_own() {
    let plan = Plan { authorize: "sellercentral-europe.amazon.com/apps/authorize/consent", ..plan() };
    let told = |_: &Standin| json!({ "application_id": APP, "region": "eu", "seller_central": "europe" });
    let here = plan.connected(told).await;
    assert_eq!(here.account.test("amazon_sp_api").await.at("success"), true);
    assert!(!here.standin.asked(&format!("sellingpartnerapi-eu.amazon.com{PARTICIPATIONS}")).is_empty());
    assert!(here.standin.asked(&format!("sellingpartnerapi-na.amazon.com{PARTICIPATIONS}")).is_empty());
}

#[tokio::test]
async fn a_self_authorised_app_needs_no_consent() {
    let standin = Standin::start(HOSTS, vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["amazon"])).await;
    let credential: Value =
        json!({ "clientId": "amzn1.own", "clientSecret": "own-hush-hush", "refreshToken": "Atzr|lasting" });
    let secret = "own-hush-hush".to_owned();
    Minter { slug: "amazon", standin, account, credential, secret, mint: TOKEN }.journey().await;
}

#[tokio::test]
async fn the_callback_tells_the_sellers_id_and_it_is_kept() {
    let told = |_: &Standin| json!({ "application_id": APP });
    let plan =
        || Plan { callback: &[("selling_partner_id", "A3TTDEXAMPLE1"), ("mws_auth_token", "amzn.mws.x")], ..plan() };
    let here = plan().connected(told).await;
    let tested = here.account.test("amazon").await;
    assert_eq!((tested.at("success"), tested.at("/data/sellingPartnerId")), (json!(true), json!("A3TTDEXAMPLE1")));
    // Who brings the code may have written it: it says nothing of whose account it is.
    assert_eq!(tested.at("/data/id"), Value::Null);
    here.account.pass(3600);
    here.lent().await;
    assert_eq!(here.account.test("amazon").await.at("/data/sellingPartnerId"), "A3TTDEXAMPLE1", "a refresh keeps it");

    let long: &str = "A".repeat(65).leak();
    for odd in ["A3 TT", "A3\r\nX: y", "{access_token}", "../../orders", long, ""] {
        let here = Plan { callback: vec![("selling_partner_id", odd)].leak(), ..plan() }.connected(told).await;
        let tested = here.account.test("amazon").await;
        assert_eq!((tested.at("success"), tested.at("/data/sellingPartnerId")), (json!(true), Value::Null), "{odd:?}");
    }
}

/// The front end that hands the code in hands on what came beside it.
#[tokio::test]
async fn a_front_end_hands_the_sellers_id_on() {
    let here = plan().ready().await;
    let start = json!({ "fields": { "application_id": APP } });
    let started = here.account.post("/api/integrations/oauth/start/amazon", start).await.expect(200);
    let page: url::Url = started.at("authUrl").as_str().unwrap().parse().unwrap();
    let state = page.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let twice = json!({ "state": "another", "spapi_oauth_code": "a-code", "selling_partner_id": "A3TTDEXAMPLE1" });
    here.account.post("/api/integrations/oauth/callback", twice).await.expect(400);
    let body = json!({ "state": state, "spapi_oauth_code": "a-code", "selling_partner_id": "A3TTDEXAMPLE1" });
    here.account.post("/api/integrations/oauth/callback", body).await.expect(200);
    assert_eq!(here.account.test("amazon").await.at("/data/sellingPartnerId"), "A3TTDEXAMPLE1");
}
