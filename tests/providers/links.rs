//! Connect links for everything that is typed: entered, proved and kept as by the API, on a page that needs no script.

use serde_json::{Value, json};
use support::{Answer, Browser, Setup, TestApp};
use url::Url;

use crate::{
    account::Account,
    amazon, greenhouse, n8n, planka, sheets,
    standin::{CLIENT, Standin},
};

const BACK: &str = "https://front.example/connected";

/// An app's back end, its user Joe, and Joe's browser.
pub(crate) struct Links {
    pub(crate) account: Account,
    key: String,
}

/// One link.
pub(crate) struct Link {
    id: String,
    token: String,
}

impl Links {
    pub(crate) async fn of(setup: Setup) -> Self {
        let account = Account::of(setup).await;
        let scopes = ["users:manage", "users:act", "integrations:read", "integrations:write", "tokens:read"];
        let body = json!({ "name": "back end", "scopes": scopes, "users": "*" });
        let key = account.app.service_key(&account.ada, body).await;
        let user = json!({ "externalId": "joe", "name": "Joe Bloggs" });
        account.app.post("/api/users").bearer(&key).json(user).send().await.expect(201);
        Self { account, key }
    }

    pub(crate) async fn link(&self, slug: &str, more: Value) -> Link {
        let mut body = json!({ "user": "ext:joe", "providers": [slug], "returnTo": BACK });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.account.app.post("/api/connect/links").bearer(&self.key).json(body).send().await.expect(201);
        let text = |name: &str| made.at(name).as_str().unwrap().to_owned();
        Link { id: text("id"), token: text("url").rsplit('/').next().unwrap().to_owned() }
    }

    pub(crate) async fn press(&self, browser: &Browser<'_>, link: &Link, slug: &str, typed: &[(&str, &str)]) -> Answer {
        let mut form = vec![("link", link.token.as_str()), ("provider", slug), ("way", "key")];
        form.extend(typed);
        browser.post("/oauth/link").form(&form).send().await
    }

    /// Through the form to the return address; gives the code from there.
    async fn brought(&self, link: &Link, slug: &str, typed: &[(&str, &str)]) -> String {
        let onward = self.press(&self.account.app.browser(), link, slug, typed).await.expect(200).text();
        let end = onward.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
        let end: Url = end.parse().unwrap();
        let param = |name: &str| end.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        assert_eq!(param("status").as_deref(), Some("pending"), "{end}");
        param("code").unwrap()
    }

    async fn confirm(&self, link: &Link, code: &str) -> Answer {
        let path = format!("/api/connect/links/{}/confirm", link.id);
        let body = json!({ "code": code, "user": "ext:joe" });
        self.account.app.post(path).bearer(&self.key).json(body).send().await
    }

    /// Whether Joe is connected.
    async fn connected(&self, slug: &str) -> bool {
        let asked = self.account.app.get("/api/integrations/status").bearer(&self.key);
        asked.header("x-on-behalf-of", "ext:joe").send().await.expect(200).json()[slug]["connected"] == true
    }

    /// All rows of handshakes and links, as text.
    async fn rows(&self) -> String {
        let onlooker = aws_sdk_dynamodb::Client::new(&self.account.app.aws().sdk_config(support::ONLOOKER));
        let rows = onlooker.scan().table_name("postern-handshakes").send().await.unwrap();
        format!("{:?}", rows.items)
    }
}

async fn planka() -> (Standin, Links) {
    let standin = Standin::start(&["planka"], planka::planka).await;
    let links = Links::of(standin.setup(TestApp::setup(), &[])).await;
    (standin, links)
}

/// What a person types for Planka.
fn typed<'a>(base: &'a str, password: &'a str) -> [(&'static str, &'a str); 3] {
    [("field.baseUrl", base), ("key.emailOrUsername", "ada"), ("key.password", password)]
}

#[tokio::test]
async fn a_password_becomes_a_token_and_waits() {
    let (standin, links) = planka().await;
    let base = standin.at("planka");
    let link = links.link("planka", json!({})).await;
    let code = links.brought(&link, "planka", &typed(&base, planka::PASSWORD)).await;
    assert!(!links.connected("planka").await);
    links.confirm(&link, &code).await.expect(200);
    assert!(links.connected("planka").await);
    links.account.pass(7200);
    links.account.app.tick().await;
    assert_eq!(standin.asked("planka/api/access-tokens/me").len(), 0, "what is connected stays");
    assert!(!links.rows().await.contains("held"));
    let gone = links.account.app.delete("/api/integrations/planka/credentials").bearer(&links.key);
    gone.header("x-on-behalf-of", "ext:joe").send().await.expect(200);
    links.account.pass(600);
    links.account.app.tick().await;
    assert_eq!(standin.asked("planka/api/access-tokens/me").len(), 1);
}

#[tokio::test]
async fn what_nobody_confirms_is_given_back_and_forgotten() {
    let (standin, links) = planka().await;
    let base = standin.at("planka");
    let link = links.link("planka", json!({})).await;
    let code = links.brought(&link, "planka", &typed(&base, planka::PASSWORD)).await;
    assert!(links.rows().await.contains("held"));
    links.account.pass(1800 + 60);
    links.account.app.tick().await;
    let ended = standin.asked("planka/api/access-tokens/me");
    assert_eq!((ended.len(), ended[0].bearer()), (1, "access-1"));
    assert!(!links.rows().await.contains("held"), "the sealed credential is gone as well");
    links.confirm(&link, &code).await.expect(409);
    assert!(!links.connected("planka").await);
}

#[tokio::test]
async fn a_client_that_mints_and_a_service_account_wait_as_well() {
    let standin = Standin::start(greenhouse::HOSTS, greenhouse::vendor).await;
    let links = Links::of(standin.setup(TestApp::setup(), &["greenhouse"])).await;
    let link = links.link("greenhouse", json!({})).await;
    let client = [("key.client_id", CLIENT.0), ("key.client_secret", CLIENT.1)];
    let code = links.brought(&link, "greenhouse", &client).await;
    links.confirm(&link, &code).await.expect(200);
    let lent = links.account.app.get("/api/integrations/greenhouse/token").bearer(&links.key);
    let lent = lent.header("x-on-behalf-of", "ext:joe").send().await.expect(200);
    assert_eq!(lent.at("access_token"), "access-1");

    let standin = Standin::start(sheets::HOSTS, sheets::vendor).await;
    let links = Links::of(standin.setup(TestApp::setup(), &["sheets"])).await;
    let link = links.link("sheets", json!({})).await;
    let browser = links.account.app.browser();
    let half = links.press(&browser, &link, "sheets", &[("key.service_account_json", "{ not json")]).await.expect(400);
    assert!(half.text().contains("Service account JSON is not a service account&#39;s JSON file"), "{}", half.text());
    let link = links.link("sheets", json!({})).await;
    let file = sheets::file().to_string();
    let code = links.brought(&link, "sheets", &[("key.service_account_json", &file)]).await;
    assert!(!links.rows().await.contains("PRIVATE KEY"));
    links.account.pass(1800 + 60);
    links.account.app.tick().await;
    links.confirm(&link, &code).await.expect(409);
    assert!(!links.rows().await.contains("held"));
    assert_eq!(standin.seen().len(), 1, "a minted token is nobody's to give back");
}

#[tokio::test]
async fn what_the_app_has_settled_is_not_the_persons_to_change() {
    let standin = Standin::start(&["n8n"], n8n::n8n).await;
    let links = Links::of(standin.setup(TestApp::setup(), &[])).await;
    let settings = json!({ "settings": { "n8n": { "fields": { "baseUrl": standin.at("n8n") } } } });
    let link = links.link("n8n", settings).await;
    let browser = links.account.app.browser();
    let page = browser.open(&format!("/connect/{}", link.token)).send().await.expect(200).text();
    assert!(page.contains("name=\"key.apiKey\"") && !page.contains("field.baseUrl"), "{page}");
    assert!(page.contains(&format!("<dd>{}</dd>", standin.at("n8n"))), "who types a key sees where it goes: {page}");
    let other = "http://127.0.0.1:9";
    let odd = [("field.BASE_URL", other), ("key.base_url", other), ("key.apiKey", n8n::KEY)];
    let code = links.brought(&link, "n8n", &odd).await;
    links.confirm(&link, &code).await.expect(200);
    assert!(links.connected("n8n").await);
    let secret = json!({ "user": "ext:joe", "providers": ["n8n"], "returnTo": BACK,
        "settings": { "n8n": { "fields": { "apiKey": "hush" } } } });
    links.account.app.post("/api/connect/links").bearer(&links.key).json(secret).send().await.expect(400);
}

#[tokio::test]
async fn the_operators_server_needs_no_address() {
    let standin = Standin::start(&["n8n"], n8n::n8n).await;
    let setup = standin.setup(TestApp::setup(), &[]).set("N8N_BASE_URL", &standin.at("n8n"));
    let links = Links::of(setup).await;
    let link = links.link("n8n", json!({})).await;
    let code = links.brought(&link, "n8n", &[("field.baseUrl", ""), ("key.apiKey", n8n::KEY)]).await;
    links.confirm(&link, &code).await.expect(200);
}

#[tokio::test]
async fn mistakes_are_told_at_the_form_and_nothing_typed_is_lost_but_secrets() {
    let (standin, links) = planka().await;
    let link = links.link("planka", json!({})).await;
    let browser = links.account.app.browser();
    let page = browser.open(&format!("/connect/{}", link.token)).send().await.expect(200).text();
    for part in [
        "<label for=\"planka-key-field.baseUrl\">Address of the Planka server</label>",
        "name=\"key.password\" type=\"password\"",
        "aria-describedby=\"planka-key-field.baseUrl-help\"",
        "which is sent to Planka once and not kept",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let base = standin.at("planka");
    let wrong = links.press(&browser, &link, "planka", &typed(&base, "a-wrong-password")).await.expect(400);
    let text = wrong.text();
    assert!(text.contains("role=\"alert\"") && text.contains("Invalid Planka credentials"), "{text}");
    assert!(text.contains(&format!("value=\"{base}\"")) && text.contains("value=\"ada\""), "{text}");
    assert!(!text.contains("a-wrong-password"));
    assert_eq!(wrong.header("cache-control"), "no-store");

    let empty = links.press(&browser, &link, "planka", &[]).await.expect(400).text();
    assert!(
        empty.contains("<a href=\"#planka-key-field.baseUrl\">Address of the Planka server is missing</a>"),
        "{empty}"
    );
    assert!(empty.contains("aria-invalid=\"true\"") && empty.contains("id=\"planka-key-field.baseUrl-problem\""));
    // The hook's own demand finds its input, too.
    let alone = links.press(&browser, &link, "planka", &[("field.baseUrl", &base)]).await.expect(400).text();
    assert!(alone.contains("<a href=\"#planka-key-key.emailOrUsername\">"), "{alone}");

    let asked = standin.seen().len();
    for inside in ["http://169.254.169.254/latest", "https://10.0.0.1", "http://localhost:3000", "file:///etc/passwd"] {
        let refused = links.press(&browser, &link, "planka", &typed(inside, planka::PASSWORD)).await.expect(400).text();
        assert!(refused.contains("<a href=\"#planka-key-field.baseUrl\">"), "{inside}: {refused}");
        assert!(!refused.contains(planka::PASSWORD));
    }
    assert_eq!(standin.seen().len(), asked, "nothing was sent");
    let code = links.brought_by(&browser, &link, &typed(&base, planka::PASSWORD)).await;
    links.confirm(&link, &code).await.expect(200);
}

#[tokio::test]
async fn a_mail_server_on_a_private_address_is_refused() {
    let links = Links::of(TestApp::setup()).await;
    let link = links.link("email", json!({})).await;
    let browser = links.account.app.browser();
    let typed = [("key.smtpHost", "10.0.0.1"), ("key.username", "ada@example.org"), ("key.password", "hush-hush")];
    let refused = links.press(&browser, &link, "email", &typed).await.expect(400).text();
    assert!(refused.contains("value=\"10.0.0.1\"") && !refused.contains("hush-hush"), "{refused}");
    assert!(!links.rows().await.contains("held"));
}

/// An id that was free when it was typed may be taken by the time of the confirmation.
#[tokio::test]
async fn a_webhooks_id_is_still_free_when_it_is_confirmed() {
    let links = Links::of(TestApp::setup()).await;
    let hook = [("key.webhookId", "orders"), ("key.secret", "hush-hush-hush")];
    let link = links.link("webhook", json!({})).await;
    let code = links.brought(&link, "webhook", &hook).await;
    links.account.pass(120);
    let theirs = json!({ "webhookId": "orders", "secret": "hush-hush-hush" });
    links.account.save("webhook", theirs.clone()).await.expect(200);
    assert_eq!(links.confirm(&link, &code).await.expect(409).code(), "resource.conflict");
    links.account.disconnect("webhook").await;
    links.account.pass(120);
    links.confirm(&link, &code).await.expect(200);
    links.account.pass(120);
    assert_eq!(links.account.save("webhook", theirs).await.expect(409).code(), "resource.conflict");
}

/// A provider that asks for consent and takes keys as well offers both, and the first only where it is set up.
#[tokio::test]
async fn both_ways_are_offered_where_there_are_two() {
    let standin = Standin::start(amazon::HOSTS, amazon::vendor).await;
    let links = Links::of(standin.setup(TestApp::setup(), &["amazon"])).await;
    let link = links.link("amazon", json!({})).await;
    let page = links.account.app.browser().open(&format!("/connect/{}", link.token)).send().await.expect(200).text();
    for part in [
        "value=\"consent\"",
        "value=\"key\"",
        "<option selected>na</option>",
        "name=\"key.refresh_token\" type=\"password\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let own = [
        ("field.region", "eu"),
        ("key.client_id", "amzn1.own"),
        ("key.client_secret", "own-hush-hush"),
        ("key.refresh_token", "Atzr|lasting"),
    ];
    let code = links.brought(&link, "amazon", &own).await;
    links.confirm(&link, &code).await.expect(200);
    assert!(!standin.asked("sellingpartnerapi-eu.amazon.com/sellers/v1/marketplaceParticipations").is_empty());

    let unset = Links::of(TestApp::setup()).await;
    let link = unset.link("dropbox", json!({ "providers": ["dropbox", "greenhouse"] })).await;
    let page = unset.account.app.browser().open(&format!("/connect/{}", link.token)).send().await.expect(200).text();
    assert!(page.contains("not set up here") && !page.contains("value=\"consent\""), "{page}");
    assert!(page.contains("name=\"key.client_secret\""));
}

impl Links {
    /// The same in a browser that has begun already.
    async fn brought_by(&self, browser: &Browser<'_>, link: &Link, typed: &[(&str, &str)]) -> String {
        let onward = self.press(browser, link, "planka", typed).await.expect(200).text();
        onward.split("code=").nth(1).unwrap().split(['"', '&']).next().unwrap().to_owned()
    }
}
