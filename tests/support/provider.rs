//! A provider that does as it is told: a real server on loopback whose token endpoint answers what a test laid down.
//!
//! Left alone it plays a rotating provider: each exchange and refresh gives new tokens, and an old refresh token is
//! refused.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::Reply;

/// One request that the token or revocation endpoint got.
#[derive(Clone, Debug)]
pub struct Call {
    /// `token` or `revoke`.
    pub endpoint: &'static str,
    /// The form's fields.
    pub form: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
}

impl Call {
    /// A field of the form; empty where it is missing.
    pub fn field(&self, name: &str) -> &str {
        self.form.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }
}

/// The provider. It ends with the test's runtime.
#[derive(Clone)]
pub struct Provider {
    slug: String,
    port: u16,
    reach: &'static str,
    by_access_token: bool,
    script: Arc<Script>,
}

struct Script {
    state: Mutex<Told>,
    /// Taken by each token call before it answers.
    gate: Semaphore,
}

#[derive(Default)]
struct Told {
    replies: VecDeque<Reply>,
    calls: Vec<Call>,
    issued: u32,
    held: bool,
    expires_in: Option<u64>,
    failing_revocations: u32,
    account: String,
    /// Access tokens that have ended.
    ended: Vec<String>,
}

impl Provider {
    /// Starts one under this name.
    pub async fn start(slug: &str) -> Self {
        let told = Told { expires_in: Some(3600), account: "account-1".to_owned(), ..Told::default() };
        let script = Arc::new(Script { state: Mutex::new(told), gate: Semaphore::new(0) });
        let router = Router::new()
            .route("/token", post(token))
            .route("/revoke", post(revoke))
            .route("/me", get(me))
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { slug: slug.to_owned(), port, reach: "token", by_access_token: false, script }
    }

    /// The same, where giving one token back ends all that the account granted to our client.
    #[must_use]
    pub fn revoking_accounts(self) -> Self {
        Self { reach: "account", ..self }
    }

    /// The same, where a grant is given back by a call with its access token, and in no other way.
    #[must_use]
    pub fn revoking_by_access_token(self) -> Self {
        Self { by_access_token: true, ..self }
    }

    /// This access token is taken no more, neither by `/me` nor for a revocation.
    pub fn end(&self, access_token: &str) {
        self.told().ended.push(format!("Bearer {access_token}"));
    }

    /// Lays down the next answer of the token endpoint; several are given in turn.
    pub fn reply(&self, reply: Reply) {
        self.told().replies.push_back(reply);
    }

    /// Access tokens live so long from now on; `None` leaves it out of the answer.
    pub fn expires_in(&self, seconds: Option<u64>) {
        self.told().expires_in = seconds;
    }

    /// So many revocations from now on are not taken.
    pub fn fail_revocations(&self, times: u32) {
        self.told().failing_revocations = times;
    }

    /// Whose account the next consent is for; while it is nobody's, an empty one, every token is refused.
    pub fn account(&self, id: &str) {
        id.clone_into(&mut self.told().account);
    }

    /// Forgets the replies that nobody has asked for.
    pub fn clear(&self) {
        self.told().replies.clear();
    }

    /// From now on token calls wait until [`Provider::release`].
    pub fn hold(&self) {
        self.told().held = true;
    }

    /// Lets waiting calls, and all later ones, through.
    pub fn release(&self) {
        self.told().held = false;
        self.script.gate.add_permits(Semaphore::MAX_PERMITS / 2 - self.script.gate.available_permits());
    }

    /// Everything that token and revocation endpoint got so far.
    pub fn calls(&self) -> Vec<Call> {
        self.told().calls.clone()
    }

    /// How many calls one endpoint got.
    pub fn count(&self, endpoint: &str) -> usize {
        self.told().calls.iter().filter(|call| call.endpoint == endpoint).count()
    }

    /// Waits until the token endpoint has got so many calls.
    pub async fn reached(&self, calls: usize) {
        while self.count("token") < calls {
            tokio::task::yield_now().await;
        }
    }

    /// Where it is reached.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn client(&self) -> Value {
        json!({ "client_id": format!("{}-client", self.slug), "client_secret": format!("{}-hush", self.slug) })
    }

    /// Its provider file.
    pub fn file(&self) -> String {
        let (slug, at) = (&self.slug, format!("http://127.0.0.1:{}", self.port));
        let form = if self.by_access_token { "" } else { ", form = { token = \"{token}\" }" };
        format!(
            r#"local_only = true
name = "{slug}"
category = "Test"
icon = "FaFlask"
description = "Does as a test tells it."
docs = "{at}/docs"
source = "{at}/docs"
checked = 2026-11-20
hosts = ["127.0.0.1:{port}"]
base_url = "{at}"

[auth.oauth2]
authorize_url = "{at}/authorize"
token_url = "{at}/token"
scopes = ["read", "write"]
shared_callback = true

[auth.oauth2.refresh]
rotates = true

[auth.oauth2.revoke]
reach = "{reach}"
request = {{ method = "POST", url = "{at}/revoke"{form} }}

[[identity]]
request = {{ path = "/me" }}
id = ["/id"]
username = ["/login"]
email = ["/email"]

[test]
path = "/me"
"#,
            port = self.port,
            reach = self.reach,
        )
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.script.state.lock().expect("no test panicked here")
    }
}

async fn token(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let call = note(&script, "token", headers, &body);
    let held = script.state.lock().expect("no test panicked here").held;
    if held {
        script.gate.acquire().await.expect("the gate is never closed").forget();
    }
    let mut told = script.state.lock().expect("no test panicked here");
    match told.replies.pop_front() {
        Some(reply) => reply.into_response(),
        None => told.play(&call).into_response(),
    }
}

async fn revoke(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    note(&script, "revoke", headers, &body);
    let mut told = script.state.lock().expect("no test panicked here");
    if bearer.is_some_and(|bearer| told.ended.contains(&bearer)) {
        return StatusCode::UNAUTHORIZED;
    }
    if told.failing_revocations == 0 {
        return StatusCode::OK;
    }
    told.failing_revocations -= 1;
    StatusCode::SERVICE_UNAVAILABLE
}

async fn me(State(script): State<Arc<Script>>, headers: HeaderMap) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (id, ended) = {
        let told = script.state.lock().expect("no test panicked here");
        (told.account.clone(), told.ended.iter().any(|ended| ended == bearer))
    };
    if ended || id.is_empty() || !bearer.starts_with("Bearer access-") {
        return Reply::json(401, json!({ "error": "invalid_token" })).into_response();
    }
    Json(json!({ "id": id, "login": format!("{id}-login"), "email": format!("{id}@provider.example") })).into_response()
}

fn note(script: &Script, endpoint: &'static str, headers: HeaderMap, body: &[u8]) -> Call {
    let form = form_urlencoded::parse(body).into_owned().collect();
    let call = Call { endpoint, form, headers };
    script.state.lock().expect("no test panicked here").calls.push(call.clone());
    call
}

impl Told {
    /// A rotating provider.
    fn play(&mut self, call: &Call) -> Reply {
        let stale = call.field("refresh_token") != format!("refresh-{}", self.issued);
        if call.field("grant_type") == "refresh_token" && stale {
            return Reply::error("invalid_grant");
        }
        self.issued += 1;
        let mut answer = json!({
            "access_token": format!("access-{}", self.issued),
            "refresh_token": format!("refresh-{}", self.issued),
            "token_type": "bearer",
            "scope": "read write",
        });
        if let Some(seconds) = self.expires_in {
            answer["expires_in"] = seconds.into();
        }
        Reply::json(200, answer)
    }
}
