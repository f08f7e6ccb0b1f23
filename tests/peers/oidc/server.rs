//! `oidc-provider`, somebody else's authorization server, run by node; and a person who uses it with a browser.

use std::{collections::BTreeMap, path::Path, process::Command};

use serde::Deserialize;
use serde_json::Value;
use support::{Child, PUBLIC_URL, Setup, TestApp};
use url::Url;

/// The provider's name here.
pub(crate) const SLUG: &str = "peer";
/// How long its access tokens live, in seconds.
pub(crate) const LIFE: i64 = 600;
const CLIENT: (&str, &str) = ("postern", "a secret between the two");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/oidc");

/// A running server of its own. It ends with this value.
pub(crate) struct Server {
    issuer: Url,
    http: reqwest::Client,
    _process: Child,
}

/// What its endpoints were asked, in order.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    /// At the token endpoint.
    pub(crate) token: Vec<Exchange>,
    /// At the revocation endpoint.
    pub(crate) revoked: Vec<Revocation>,
    /// Grants ended by the server or by a revocation.
    #[serde(rename = "grantsRevoked")]
    pub(crate) grants_revoked: u32,
    errors: Vec<String>,
}

/// One request to the token endpoint.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Exchange {
    /// The grant type.
    pub(crate) grant: String,
    /// The answer's status.
    pub(crate) status: u16,
    /// Whether it brought a PKCE verifier.
    pub(crate) verified: bool,
    /// The refresh token that it brought.
    pub(crate) presented: Option<String>,
    /// The refresh token that it got.
    pub(crate) issued: Option<String>,
}

/// One request to the revocation endpoint.
#[derive(Debug, Deserialize)]
pub(crate) struct Revocation {
    /// The token.
    pub(crate) token: String,
    /// The answer's status.
    pub(crate) status: u16,
}

impl Seen {
    /// The refreshes.
    pub(crate) fn refreshes(&self) -> Vec<&Exchange> {
        self.token.iter().filter(|exchange| exchange.grant == "refresh_token").collect()
    }

    /// The refresh token of the last good exchange.
    pub(crate) fn newest(&self) -> &str {
        self.token.iter().rev().find_map(|exchange| exchange.issued.as_deref()).expect("one was issued")
    }
}

impl Server {
    /// Starts one. When this returns, it answers.
    pub(crate) fn start() -> Self {
        let installed = Path::new(FOLDER).join("node_modules/oidc-provider").is_dir();
        assert!(installed, "tests/peers/oidc/node_modules is missing: run `tests/run`, which installs it");
        let redirect = format!("{PUBLIC_URL}/api/integrations/oauth/callback/{SLUG}");
        let mut command = Command::new("node");
        command.arg("server.mjs").current_dir(FOLDER);
        command.env("CLIENT_SECRET", CLIENT.1).env("REDIRECT_URI", redirect);
        let without = "node 20 or later is needed; the packages come by `tests/run`";
        let (process, issuer) = Child::ready(&command, without, |line| {
            serde_json::from_str::<Value>(line).ok()?["issuer"].as_str()?.parse().ok()
        });
        Self { issuer, http: client(), _process: process }
    }

    /// The product, with this server as a provider.
    pub(crate) fn setup(&self) -> Setup {
        let port = self.issuer.port().expect("it has a port of its own");
        TestApp::setup().provider_file(SLUG, &self.file()).client(SLUG, CLIENT.0, CLIENT.1).allow(port)
    }

    /// The product, with this server as a provider whose credential is a client that mints for itself.
    pub(crate) fn setup_for_machines(&self) -> Setup {
        let port = self.issuer.port().expect("it has a port of its own");
        let file = self.file();
        let (head, _) = file.split_once("[auth.oauth2]").expect("it asks for consent");
        let at = self.issuer.as_str().trim_end_matches('/');
        let mint = format!(
            r#"[auth.api_key.fields]
client_id = {{ label = "Client ID", secret = false }}
client_secret = {{ label = "Client secret" }}

[auth.client_credentials]
token_url = "{at}/token"
client_auth = "basic"
"#
        );
        TestApp::setup().provider_file(SLUG, &format!("{head}{mint}")).allow(port)
    }

    /// A client that asks for itself, as somebody types it in.
    pub(crate) fn machine() -> Value {
        serde_json::json!({ "clientId": "machine", "clientSecret": CLIENT.1 })
    }

    /// What it was asked so far.
    pub(crate) async fn seen(&self) -> Seen {
        let seen: Seen = self.ask("harness/seen").await;
        assert!(seen.errors.is_empty(), "the server failed: {:?}", seen.errors);
        seen
    }

    /// Time passes, for the product and for the server alike.
    pub(crate) async fn pass(&self, app: &TestApp, seconds: i64) {
        app.clock().advance(std::time::Duration::from_secs(seconds.unsigned_abs()));
        let _: Value = self.ask(&format!("harness/advance?seconds={seconds}")).await;
    }

    /// From now on the token endpoint lets everybody wait.
    pub(crate) async fn hold(&self) {
        let _: Value = self.ask("harness/hold").await;
    }

    /// Waits until somebody waits there.
    pub(crate) async fn held(&self) {
        let _: Value = self.ask("harness/held").await;
    }

    /// Lets those who wait go on.
    pub(crate) async fn release(&self) {
        let _: Value = self.ask("harness/release").await;
    }

    /// Whether the server still takes this token.
    pub(crate) async fn takes(&self, token: &str) -> bool {
        let request = self.http.post(self.at("token/introspection")).basic_auth(CLIENT.0, Some(CLIENT.1));
        let answer: Value = json(request.form(&[("token", token)]).send().await).await;
        answer["active"].as_bool().expect("introspection says yes or no")
    }

    /// A refresh with this token that is not the product's: somebody stole it, or kept an old one.
    pub(crate) async fn refresh_behind_our_back(&self, token: &str) -> Value {
        let request = self.http.post(self.at("token")).basic_auth(CLIENT.0, Some(CLIENT.1));
        json(request.form(&[("grant_type", "refresh_token"), ("refresh_token", token)]).send().await).await
    }

    /// Exchanges a code without a PKCE verifier.
    pub(crate) async fn exchange_without_proof(&self, callback: &Url) -> Value {
        let code = parameter(callback, "code");
        let mut redirect = callback.clone();
        redirect.set_query(None);
        let form = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", redirect.as_str())];
        json(self.http.post(self.at("token")).basic_auth(CLIENT.0, Some(CLIENT.1)).form(&form).send().await).await
    }

    /// A person opens the address, signs in there and says yes to all that is asked. Gives where the browser is sent:
    /// an address outside the server.
    pub(crate) async fn consent(&self, auth_url: &str, person: &str) -> Url {
        let mut browser = Browser::new();
        let mut url: Url = auth_url.parse().expect("an address");
        // Sign-in and consent each take three steps; more than twelve would go round in circles.
        for _ in 0..12 {
            if url.origin() != self.issuer.origin() {
                return url;
            }
            let mut answer = browser.send(browser.http.get(url.clone())).await;
            if answer.status() == 200 {
                let page = answer.text().await.expect("a page");
                let prompt = if page.contains(r#"name="prompt" value="login""#) { "login" } else { "consent" };
                let form = [("prompt", prompt), ("login", person), ("password", "any")];
                answer = browser.send(browser.http.post(url.clone()).form(&form)).await;
            }
            let next = answer.headers().get("location").and_then(|value| value.to_str().ok());
            let next = next.unwrap_or_else(|| panic!("{url} leads nowhere: {}", answer.status()));
            url = url.join(next).expect("an address");
        }
        panic!("the server does not come to an end with {auth_url}");
    }

    fn at(&self, path: &str) -> Url {
        self.issuer.join(path).expect("an address")
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        json(self.http.get(self.at(path)).send().await).await
    }

    fn file(&self) -> String {
        let at = self.issuer.as_str().trim_end_matches('/');
        let host = &self.issuer[url::Position::BeforeHost..url::Position::AfterPort];
        format!(
            r#"
local_only = true
name = "Peer"
category = "Tests"
icon = "FaFlask"
description = "An authorization server of somebody else's make."
docs = "https://github.com/panva/node-oidc-provider"
source = "https://github.com/panva/node-oidc-provider"
checked = 2026-11-20
hosts = ["{host}"]
base_url = "{at}"

[auth.oauth2]
authorize_url = "{at}/auth"
token_url = "{at}/token"
issuer = "{at}"
shared_callback = true
client_auth = "basic"
scopes = ["openid", "offline_access", "email", "profile"]
authorize_params = {{ prompt = "consent" }}

[auth.oauth2.refresh]
rotates = true

[auth.oauth2.revoke]
reach = "token"
request = {{ method = "POST", path = "/token/revocation", auth = "client", form = {{ token = "{{token}}" }} }}

[[identity]]
request = {{ path = "/me" }}
id = ["/sub"]
email = ["/email"]
name = ["/name"]

[test]
path = "/me"
"#
        )
    }
}

/// What a person looks at the server with: it keeps cookies, and follows nothing by itself.
struct Browser {
    http: reqwest::Client,
    jar: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { http: http.build().expect("a client"), jar: BTreeMap::new() }
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let cookies: Vec<String> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header("cookie", cookies.join("; ")).send().await.expect("the server answers");
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().expect("a cookie of plain text").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            self.jar.insert(name.to_owned(), value.to_owned());
        }
        answer
    }
}

/// A parameter of an address.
pub(crate) fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

async fn json<T: serde::de::DeserializeOwned>(answer: reqwest::Result<reqwest::Response>) -> T {
    let body = answer.expect("the server answers").bytes().await.expect("a whole answer");
    serde_json::from_slice(&body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)))
}
