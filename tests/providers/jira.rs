//! Jira: one consent may reach several sites, and calls go to the one that the person chose.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};
use support::{Reply, TestApp};

use crate::{
    account::Account,
    consent::{Connected, Plan},
    links::Links,
    standin::{Asked, Memory, Refused, Standin},
};

pub(crate) const HOSTS: &[&str] = &["auth.atlassian.com", "api.atlassian.com", SITE];
/// Any site, at its own host.
const SITE: &str = "{site}.atlassian.net";
/// What the person made there. The address has a character that a form would encode.
const EMAIL: &str = "ada+jira@example.org";
const TOKEN: &str = "ATATT3x-Good_token=1A2B";

fn plan() -> Plan {
    Plan {
        authorize: "auth.atlassian.com/authorize",
        account: (Some("acc-1"), Some("ada@example.org")),
        refresh: "auth.atlassian.com/oauth/token",
        ..Plan::new("jira", HOSTS, vendor)
    }
}

/// What Atlassian answers for every product; the rest is the product's own.
pub(crate) fn atlassian(asked: &Asked, memory: &mut Memory) -> Option<Reply> {
    if asked.host == SITE {
        return at_the_site(asked, memory.quirk);
    }
    match asked.place().as_str() {
        "auth.atlassian.com/oauth/token" => Some(match memory.token(asked, true) {
            Ok(answer) => Reply::json(200, answer),
            Err(Refused::Client) => {
                Reply::json(401, json!({ "error": "access_denied", "error_description": "Unauthorized" }))
            }
            // The same code as for a client that it does not know.
            Err(Refused::Grant) => {
                let said = "refresh_token is invalid";
                Reply::json(403, json!({ "error": "unauthorized_client", "error_description": said }))
            }
        }),
        _ if !memory.takes(asked.bearer()) => Some(Reply::json(401, json!({ "code": 401, "message": "Unauthorized" }))),
        "api.atlassian.com/oauth/token/accessible-resources" => Some(Reply::json(200, sites(memory.quirk))),
        "api.atlassian.com/me" => {
            Some(Reply::json(200, json!({ "account_id": "acc-1", "email": "ada@example.org", "name": "Ada" })))
        }
        _ => None,
    }
}

/// A site's own host takes the tokens that people make, and no other. They have none where they took it back.
fn at_the_site(asked: &Asked, taken_back: bool) -> Option<Reply> {
    let good = format!("Basic {}", BASE64_STANDARD.encode(format!("{EMAIL}:{TOKEN}")));
    if taken_back || asked.header("authorization") != good {
        let said = "Client must be authenticated to access this resource.";
        return Some(Reply::json(401, json!({ "message": said, "status-code": 401 })));
    }
    None
}

/// A site stands there once for each of its products; `several` is another site as well.
fn sites(several: bool) -> Value {
    let site = |id: &str, name: &str, scope: &str| json!({ "id": id, "name": name, "url": format!("https://{name}.atlassian.net"), "scopes": [scope] });
    let mut sites = vec![site("c-1", "acme", "read:jira-work"), site("c-1", "acme", "read:page:confluence")];
    if several {
        sites.push(site("c-2", "beta", "read:jira-work"));
    }
    sites.into()
}

fn vendor(asked: &Asked, memory: &mut Memory) -> Reply {
    if let Some(reply) = atlassian(asked, memory) {
        return reply;
    }
    match asked.place().as_str() {
        "api.atlassian.com/ex/jira/c-1/rest/api/3/myself" | "api.atlassian.com/ex/jira/c-2/rest/api/3/myself" => {
            Reply::json(200, json!({ "accountId": "acc-1" }))
        }
        "{site}.atlassian.net/rest/api/3/myself" => {
            Reply::json(200, json!({ "accountId": "acc-1", "emailAddress": EMAIL, "displayName": "Ada" }))
        }
        other => Reply::json(404, json!({ "errorMessages": [other], "errors": {} })),
    }
}

#[tokio::test]
async fn it_is_connected_renewed_and_ended() {
    let here = plan().connected(|_| json!({})).await;
    let exchange: Value =
        serde_json::from_slice(&here.standin.asked("auth.atlassian.com/oauth/token")[0].body).unwrap();
    assert_eq!(exchange["grant_type"], "authorization_code");
    here.journey().await;
    assert!(!here.standin.asked("api.atlassian.com/ex/jira/c-1/rest/api/3/myself").is_empty());
}

async fn choosing(site: Value) -> (Connected, String, String) {
    let here = plan().ready().await;
    here.standin.quirk(true);
    let (back, id) = here.consent_of(json!({ "fields": { "site": site } })).await;
    let back = back.header("location").to_owned();
    (here, back, id)
}

#[tokio::test]
async fn of_several_sites_the_one_is_taken_that_was_named() {
    for named in ["beta.atlassian.net", "https://beta.atlassian.net/", "Beta", "c-2"] {
        let (here, back, _) = choosing(named.into()).await;
        assert!(back.contains("oauth_success"), "{named}: {back}");
        assert_eq!(here.account.test("jira").await.at("success"), true);
        assert!(!here.standin.asked("api.atlassian.com/ex/jira/c-2/rest/api/3/myself").is_empty());
        assert!(here.standin.asked("api.atlassian.com/ex/jira/c-1/rest/api/3/myself").is_empty());
    }
}

/// Nothing is done to a site that nobody meant; whoever started is told which there are.
#[tokio::test]
async fn of_several_sites_none_is_guessed() {
    for (named, said) in [
        ("", "Say in `site` which site it is to be: https://acme.atlassian.net, https://beta.atlassian.net"),
        ("gamma", "`site` names none of these: https://acme.atlassian.net, https://beta.atlassian.net"),
    ] {
        let (here, back, id) = choosing(named.into()).await;
        assert!(back.contains("oauth_error"), "{back}");
        let status = here.account.get(&format!("/api/integrations/oauth/status/{id}")).await.expect(200);
        assert_eq!((status.at("status"), status.at("error")), (json!("failed"), json!(said)));
        assert!(!here.account.connected("jira").await);
    }
}

/// A person's own token, from the first try to the day on which it is taken back.
pub(crate) struct ByToken {
    slug: &'static str,
    standin: Standin,
    account: Account,
}

impl ByToken {
    pub(crate) async fn at(slug: &'static str, vendor: crate::standin::Vendor) -> Self {
        let standin = Standin::start(HOSTS, vendor).await;
        let account = Account::of(standin.setup(TestApp::setup(), &[slug])).await;
        Self { slug, standin, account }
    }

    /// `me` is the path that tells whose token it is.
    pub(crate) async fn journey(&self, me: &str) {
        let Self { slug, standin, account } = self;
        let typed = |site: &str, token: &str| json!({ "site": site, "email": EMAIL, "apiToken": token });
        let wrong = account.save(slug, typed("acme", "ATATT-wrong")).await.expect(400);
        let said = "Credentials validation failed: Client must be authenticated to access this resource.";
        assert_eq!(wrong.at("error"), said);
        assert!(!account.connected(slug).await);
        for site in ["acme", "acme.atlassian.net", "https://Acme.atlassian.net/"] {
            let saved = account.save(slug, typed(site, TOKEN)).await.expect(200);
            assert_eq!(saved.at("/testData/id"), "acc-1", "{site}");
        }
        assert_eq!(account.get("/api/integrations").await.expect(200).at("/0/external_user_id"), "acc-1");
        let before = standin.asked(&format!("{SITE}{me}")).len();
        assert_eq!(account.test(slug).await.at("success"), true);
        assert!(standin.asked(&format!("{SITE}{me}")).len() > before);
        standin.quirk(true);
        assert_eq!(account.test(slug).await.at("success"), false);
        assert!(standin.seen().iter().all(|asked| asked.host == SITE), "{:?}", standin.seen());
    }

    /// A token is never sent to a host that only looks like a site.
    pub(crate) async fn leads_nowhere_else(&self) {
        for site in [
            "evil.example/",
            "evil.example",
            "169.254.169.254",
            "http://169.254.169.254",
            "a.atlassian.net.evil",
            "a.b.atlassian.net",
            "x@y",
            "https://x@acme.atlassian.net/",
            "acme.atlassian.net:8443",
            "acme.atlassian.net/../x",
            "http://acme.atlassian.net",
            "evilatlassian.net",
            "-acme",
            "{site}",
            "",
        ] {
            let typed = json!({ "site": site, "email": EMAIL, "api_token": TOKEN });
            let refused = self.account.save(self.slug, typed).await.expect(400);
            assert_eq!(refused.at("/errors/0/pointer"), "/credentials/site", "{site}");
            let said = if site.is_empty() { "site is missing" } else { "site does not look right" };
            assert_eq!(refused.at("/errors/0/detail"), said, "{site}");
        }
        assert!(self.standin.seen().is_empty());
    }
}

#[tokio::test]
async fn a_persons_own_token_is_tried_kept_and_found_dead() {
    ByToken::at("jira", vendor).await.journey("/rest/api/3/myself").await;
}

#[tokio::test]
async fn a_site_that_leads_elsewhere_is_refused() {
    ByToken::at("jira", vendor).await.leads_nowhere_else().await;
}

/// Where every way asks for a thing, a form has one input for it.
#[tokio::test]
async fn a_site_is_asked_for_once_in_each_form() {
    let standin = Standin::start(HOSTS, |_, _| Reply::text(404, "nothing here")).await;
    let links = Links::of(standin.setup(TestApp::setup(), &["jira"])).await;
    let link = links.link("jira", json!({})).await;
    let typed = [("key.site", "evil.example/"), ("key.email", "ada@example.org"), ("key.api_token", "ATATT-1")];
    let page = links.press(&links.account.app.browser(), &link, "jira", &typed).await.expect(400).text();
    assert!(page.contains("Site does not look right"), "{page}");
    let inputs = |name: &str| page.matches(&format!("name=\"{name}\"")).count();
    assert_eq!((inputs("field.site"), inputs("key.site")), (1, 1), "{page}");
    assert!(standin.seen().is_empty());
}
