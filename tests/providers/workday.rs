//! Workday: every customer has a host, a tenant and a client of their own.

use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    consent::Plan,
    minting::Minter,
    standin::{Asked, CLIENT, Memory, Standin},
};

const HOSTS: &[&str] = &["impl.workday.com", "wd2-impl-services1.workday.com"];
const HOST: &str = "wd2-impl-services1.workday.com";
const TOKEN: &str = "wd2-impl-services1.workday.com/ccx/oauth2/acme_dpt1/token";

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    match asked.path.as_str() {
        "/ccx/oauth2/acme_dpt1/token" if asked.field("grant_type") == "client_credentials" => {
            if !memory.knows(asked) || asked.field("tenant_alias") != "acme_dpt1" {
                return Reply::json(401, json!({ "error": "invalid_client" }));
            }
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "token_type": "Bearer" }))
        }
        "/ccx/oauth2/acme_dpt1/token" if asked.field("refresh_token") == "lasting" => {
            if !memory.knows(asked) {
                return Reply::json(401, json!({ "error": "invalid_client" }));
            }
            let token = memory.access();
            Reply::json(200, json!({ "access_token": token, "refresh_token": "lasting", "token_type": "Bearer" }))
        }
        "/ccx/oauth2/acme_dpt1/token" => {
            memory.token(asked, false).map_or_else(|refused| refused.reply(), |answer| Reply::json(200, answer))
        }
        _ if !memory.takes(asked.bearer()) => Reply::json(401, json!({ "error": "invalid access token" })),
        "/ccx/api/v1/acme_dpt1/workers/me" => {
            Reply::json(200, json!({ "id": "w-1", "descriptor": "Ada", "primaryWorkEmail": "ada@example.org" }))
        }
        "/ccx/api/v1/acme_dpt1/workers" => Reply::json(200, json!({ "data": [], "total": 0 })),
        path => Reply::json(404, json!({ "error": path, "code": "A1" })),
    }
}

async fn minter(credential: impl Fn(&Standin) -> Value) -> Minter {
    let standin = Standin::start(HOSTS, vendor).await;
    let account = Account::of(standin.setup(TestApp::setup(), &["workday"])).await;
    let credential = credential(&standin);
    Minter { slug: "workday", standin, account, credential, secret: CLIENT.1.to_owned(), mint: TOKEN }
}

fn typed(standin: &Standin) -> Value {
    json!({ "host": standin.at(HOST), "tenant": "acme_dpt1", "clientId": CLIENT.0, "clientSecret": CLIENT.1 })
}

#[tokio::test]
async fn a_client_for_integrations_mints() {
    let minter = minter(typed).await;
    minter.journey().await;
    assert_eq!(minter.account.get("/api/integrations").await.expect(200).at("/0/external_user_id"), CLIENT.0);
}

#[tokio::test]
async fn a_refresh_token_that_lasts_mints_as_well() {
    let with_token = |standin: &Standin| {
        let mut typed = typed(standin);
        typed["refreshToken"] = "lasting".into();
        typed
    };
    let minter = minter(with_token).await;
    minter.journey().await;
    assert!(minter.standin.asked(TOKEN).iter().all(|asked| asked.field("grant_type") == "refresh_token"));
}

#[tokio::test]
async fn a_person_consents_at_the_customers_own_host() {
    let plan = Plan {
        authorize: "impl.workday.com/acme_dpt1/authorize",
        account: (Some("w-1"), Some("ada@example.org")),
        refresh: TOKEN,
        ..Plan::new("workday", HOSTS, vendor)
    };
    plan.connected(|standin| json!({ "host": standin.at(HOST), "tenant": "acme_dpt1" })).await.journey().await;
}

#[tokio::test]
async fn a_host_or_tenant_that_leads_elsewhere_is_refused() {
    let minter = minter(typed).await;
    let good = minter.credential.clone();
    for (part, wrong) in [
        ("tenant", "acme.evil"),
        ("tenant", "acme/../../x"),
        ("tenant", "acme%2f"),
        ("tenant", ""),
        ("host", "https://evil.example"),
        ("host", "evil.example"),
        ("host", "http://169.254.169.254"),
        ("host", "https://a.b.workday.com"),
        ("host", "https://workday.com.evil.example"),
        ("host", "https://wd2.workday.com/ccx?x="),
    ] {
        let mut credential = good.clone();
        credential[part] = wrong.into();
        let refused = minter.account.save("workday", credential).await.expect(400);
        assert_eq!(refused.at("/errors/0/pointer"), format!("/credentials/{part}"), "{wrong}");
        let start = json!({ "fields": { "host": good["host"], "tenant": good["tenant"], part: wrong } });
        let refused = minter.account.post("/api/integrations/oauth/start/workday", start).await.expect(400);
        assert_eq!(refused.at("/errors/0/pointer"), format!("/fields/{part}"), "{wrong}");
    }
    assert!(minter.standin.seen().is_empty());
}

/// The hosts of newer data centres have a label more; whoever owns another name is still nobody's Workday.
#[test]
fn a_tenant_of_any_data_centre_has_its_host() {
    let file = include_str!("../../shared/providers/workday.toml");
    let hosts = file.lines().find_map(|line| line.strip_prefix("hosts = [")).unwrap().trim_end_matches(']');
    let hosts: Vec<shared::egress::HostPattern> =
        hosts.split(", ").map(|host| host.trim_matches('"').parse().unwrap()).collect();
    let takes = |host: &str| {
        let url = url::Url::parse(&format!("https://{host}/")).unwrap();
        hosts.iter().any(|pattern| pattern.matches(&url))
    };
    for host in [HOST, "impl-services1.wd12.myworkday.com", "services1.wd503.myworkday.com", "impl.workday.com"] {
        assert!(takes(host), "{host}");
    }
    for host in ["myworkday.com", "evil.wd12.myworkday.com", "services1.wd12.myworkday.com.evil.example"] {
        assert!(!takes(host), "{host}");
    }
}
