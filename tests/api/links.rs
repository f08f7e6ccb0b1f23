//! What tests of connect links begin with: an app's back end, its user Joe, and a provider.

use serde_json::{Value, json};
use support::{Answer, Browser, Setup, TestApp};
use url::Url;

use crate::house::{ACME, House};

/// All of them.
pub(crate) struct Links {
    pub(crate) house: House,
    /// The back end's service key.
    pub(crate) key: String,
    /// Joe's id.
    pub(crate) joe: String,
}

/// Where the app lets its users come back to.
pub(crate) const BACK: &str = "https://front.example/connected?tab=1";

impl Links {
    pub(crate) async fn start() -> Self {
        Self::of(TestApp::setup()).await
    }

    pub(crate) async fn of(setup: Setup) -> Self {
        let house = House::of(setup).await;
        let scopes = ["users:manage", "users:act", "integrations:read", "integrations:write", "tokens:read"];
        let key = house.key(json!({ "name": "back end", "scopes": scopes, "users": "*" })).await;
        let user = json!({ "externalId": "joe", "name": "Joe Bloggs" });
        let joe = house.app.post("/api/users").bearer(&key).json(user).send().await.expect(201).at("id");
        Self { house, key, joe: joe.as_str().unwrap().to_owned() }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.house.app.post(path).bearer(&self.key).json(body).send().await
    }

    /// Another user of the app.
    pub(crate) async fn user(&self, external: &str) {
        self.post("/api/users", json!({ "externalId": external })).await.expect(201);
    }

    /// A new link for Joe: its id, and the path of its page.
    pub(crate) async fn link(&self, more: Value) -> (String, String) {
        let mut body = json!({ "user": "ext:joe", "providers": [ACME], "returnTo": BACK });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let made = self.post("/api/connect/links", body).await.expect(201);
        let url: Url = made.at("url").as_str().unwrap().parse().unwrap();
        (made.at("id").as_str().unwrap().to_owned(), url.path().to_owned())
    }

    /// Presses the page's button in this browser.
    pub(crate) async fn press(&self, browser: &Browser<'_>, page: &str) -> Answer {
        let token = page.rsplit('/').next().unwrap();
        browser.post("/oauth/link").form(&[("link", token), ("provider", ACME)]).send().await
    }

    /// Goes through the provider in this browser; gives the address that it ends at.
    pub(crate) async fn through(&self, browser: &Browser<'_>, page: &str) -> Url {
        browser.open(page).send().await.expect(200);
        let pressed = self.press(browser, page).await.expect(200);
        let answer = browser.open(&back(&pressed, "c")).send().await.expect(302);
        answer.header("location").parse().unwrap()
    }

    pub(crate) async fn show(&self, id: &str) -> Answer {
        self.house.app.get(format!("/api/connect/links/{id}")).bearer(&self.key).send().await
    }

    pub(crate) async fn confirm(&self, id: &str, code: &str, user: &str) -> Answer {
        self.post(&format!("/api/connect/links/{id}/confirm"), json!({ "code": code, "user": user })).await
    }

    /// Whether Joe's token can be had.
    pub(crate) async fn usable(&self) -> bool {
        let asked = self.house.app.get("/api/integrations/acme/token").bearer(&self.key);
        asked.header("x-on-behalf-of", "ext:joe").send().await.status() == 200
    }
}

/// The callback's path, after the page that leads to the provider.
pub(crate) fn back(onward: &Answer, code: &str) -> String {
    let text = onward.text();
    let url = text.split("href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let url: Url = url.parse().unwrap();
    let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    format!("/api/integrations/oauth/callback/{ACME}?code={code}&state={state}")
}

/// A parameter of an address.
pub(crate) fn param(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
