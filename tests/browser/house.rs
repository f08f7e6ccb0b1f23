//! The whole house on its own port, as `cargo run` starts it, and a front end on another site.

use axum::{
    Router,
    http::{HeaderMap, StatusCode},
    response::{Html, Redirect},
    routing::get,
};
use local::{server::Server, settings::Settings};
use serde_json::{Value, json};
use url::{Position, Url};

use crate::folder::Folder;

/// Everybody's password here.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// The product at `http://localhost:…` and a front end at `http://127.0.0.1:…`, which is another site to a browser.
pub(crate) struct House {
    server: Server,
    front: Url,
    http: reqwest::Client,
    /// Last, so that it is deleted when nobody writes there any more.
    _folder: Folder,
}

impl House {
    /// Starts both, with a provider beside the sandbox whose consent page is on another host than its start.
    pub(crate) async fn start() -> Self {
        Self::of(None).await
    }

    /// The same with a built front end on our own origin.
    pub(crate) async fn with_front_end(built: &std::path::Path) -> Self {
        Self::of(Some(built)).await
    }

    async fn of(built: Option<&std::path::Path>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let front: Url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("an address");
        let folder = Folder::new();
        let providers = folder.path().join("providers");
        std::fs::create_dir(&providers).expect("a folder for provider files");
        std::fs::write(providers.join("hopper.toml"), hopper(&front)).expect("a provider file");
        let settings = [
            ("PORT", "0".to_owned()),
            ("PROVIDERS_DIR", providers.display().to_string()),
            ("HOPPER_CLIENT_ID", "postern".to_owned()),
            ("HOPPER_CLIENT_SECRET", "a secret between the two".to_owned()),
            ("POSTERN_DIR", folder.path().join("data").display().to_string()),
            ("FRONTEND_URL", front.to_string()),
        ];
        let built = built.map(|built| ("FRONTEND_DIR", built.display().to_string()));
        let settings = settings.into_iter().chain(built);
        let settings = Settings::read(settings.map(|(name, value)| (name.to_owned(), value)));
        let server = Server::start(&settings.expect("settings")).await.expect("the server starts");
        let page = front_end(server.public_url());
        tokio::spawn(async move { axum::serve(listener, page).await });
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { server, front, http, _folder: folder }
    }

    /// An address of the product.
    pub(crate) fn at(&self, path: &str) -> String {
        self.server.public_url().join(path).expect("an address").to_string()
    }

    /// An address of the front end.
    pub(crate) fn front(&self, path: &str) -> String {
        self.front.join(path).expect("an address").to_string()
    }

    /// Signs somebody up, and gives the token that the front end holds.
    pub(crate) async fn register(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD, "full_name": "Somebody" });
        let answer = self.http.post(self.at("/api/auth/register")).header("content-type", "application/json");
        let answer = json_of(answer.body(body.to_string())).await;
        answer["access_token"].as_str().expect("who signed up is signed in").to_owned()
    }

    /// Whether this person is connected to the sandbox.
    pub(crate) async fn connected(&self, token: &str) -> bool {
        let answer = self.http.get(self.at("/api/integrations/status")).bearer_auth(token);
        json_of(answer).await["sandbox"]["connected"] == true
    }

    /// The address of a new connect link for these providers, made by an app's back end for a user of its own.
    pub(crate) async fn link(&self, providers: &[&str]) -> String {
        let token = self.register("ada@example.org").await;
        let post = async |path: &str, bearer: &str, body: Value| {
            let asked = self.http.post(self.at(path)).bearer_auth(bearer).header("content-type", "application/json");
            json_of(asked.body(body.to_string())).await
        };
        let scopes = ["users:manage", "users:act", "integrations:write"];
        let made = post("/api/auth/keys", &token, json!({ "name": "app", "scopes": scopes, "users": "*" })).await;
        let key = made["key"].as_str().expect("a key").to_owned();
        post("/api/users", &key, json!({ "externalId": "joe", "name": "Joe Bloggs" })).await;
        let link = json!({ "user": "ext:joe", "providers": providers, "returnTo": self.front("/") });
        post("/api/connect/links", &key, link).await["url"].as_str().expect("an address").to_owned()
    }

    /// Begins to connect without a browser, and gives where a browser is to be sent.
    pub(crate) async fn begin(&self, token: &str) -> String {
        let start = self.http.post(self.at("/api/integrations/oauth/start/sandbox")).bearer_auth(token);
        let answer = json_of(start.header("content-type", "application/json").body("{}")).await;
        answer["authUrl"].as_str().expect("an address").to_owned()
    }

    /// Says yes at the sandbox without a browser, and gives where a browser would be sent.
    pub(crate) async fn consent(&self, link: &str) -> String {
        let no_redirects = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let yes =
            no_redirects.build().expect("a client").post(link).form(&[("person", "grace"), ("decision", "approve")]);
        let answer = yes.send().await.expect("the sandbox answers");
        let back = answer.headers().get("location").and_then(|value| value.to_str().ok());
        back.expect("the sandbox sends the browser back").to_owned()
    }

    /// Spoils the code in this address: a wrong guess at its proof key ends it.
    pub(crate) async fn spend(&self, callback: &str) {
        let callback: Url = callback.parse().expect("an address");
        let code = callback.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", "sandbox"),
            ("code", &code),
            ("redirect_uri", "http://localhost/"),
            ("code_verifier", "a guess"),
        ];
        let guess = self.http.post(self.at("/sandbox/token")).form(&form).send().await.expect("the sandbox answers");
        assert!(guess.status().is_client_error(), "{}", guess.status());
    }

    /// Stops in good order.
    pub(crate) async fn stop(self) {
        assert!(self.server.stop().await, "the server did not finish");
    }
}

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.expect("the server answers").bytes().await.expect("a whole answer");
    serde_json::from_slice(&answer).expect("JSON")
}

/// A page with one button, as an app has it that keeps its user's token itself. The token stands behind `#`.
fn front_end(product: &Url) -> Router {
    let page = include_str!("front_end.html").replace("{product}", product.as_str().trim_end_matches('/'));
    let show = move || async move { Html(page.clone()) };
    Router::new()
        .route("/", get(show))
        .route("/favicon.ico", get(nothing))
        .route("/authorize", get(hop))
        .route("/consent", get(|| async { Html("<!doctype html><title>Hopper</title><h1>Hopper</h1>") }))
}

/// To the same server by its other name.
async fn hop(headers: HeaderMap) -> Redirect {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    Redirect::to(&format!("http://{}/consent", host.replace("127.0.0.1", "localhost")))
}

fn hopper(at: &Url) -> String {
    let (host, at) = (&at[Position::BeforeHost..Position::AfterPort], at.as_str().trim_end_matches('/'));
    format!(
        r#"
local_only = true
name = "Hopper"
category = "Tests"
icon = "FaFlask"
description = "Sends people on to another host before it asks them."
docs = "{at}"
source = "{at}"
checked = 2026-11-20
hosts = ["{host}"]

[auth.oauth2]
authorize_url = "{at}/authorize"
token_url = "{at}/token"
"#
    )
}

async fn nothing() -> StatusCode {
    StatusCode::NO_CONTENT
}
