//! The product in this process: no socket, no file, no other test's data.

use std::{collections::BTreeMap, path::PathBuf};

use axum::{
    Router,
    http::{Method, Request, Response},
};
use local::{
    aws::{self, Aws, Faults, Usage},
    functions::{Answering, JOBS},
    stack::{self, Stack},
};
use serde_json::{Value, json};
use shared::{clock::Clock, id::Ids};
use tower::ServiceExt;

use crate::{
    client::{Answer, Ask, Browser},
    provider::Provider,
};

/// Where the product believes to be reached.
pub const PUBLIC_URL: &str = "https://postern.example";
/// Where its front end is.
pub const FRONTEND_URL: &str = "https://front.example";
/// A role with every right, for tests that look into the tables.
pub const ONLOOKER: &str = "onlooker";

/// The whole product, in memory.
pub struct TestApp {
    stack: Stack,
    router: Router,
    clock: Clock,
    folder: Option<PathBuf>,
}

/// How a test wants it.
pub struct Setup {
    clock: Clock,
    settings: BTreeMap<String, String>,
    providers: Vec<(String, String)>,
    clients: serde_json::Map<String, serde_json::Value>,
    allow: Vec<(String, u16)>,
    usage: Usage,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct User {
    /// The user's id.
    pub id: String,
    /// The address signed up with.
    pub email: String,
    /// A bearer token.
    pub access_token: String,
    /// What the next one is had with.
    pub refresh_token: String,
}

impl TestApp {
    /// The product as it is without settings, at nine in the morning of a Friday that does not pass by itself.
    pub async fn start() -> Self {
        Self::setup().start().await
    }

    /// The product on real time, for what many do at once.
    pub async fn with_system_clock() -> Self {
        Self::setup().system_clock().start().await
    }

    /// The product as the test wants it.
    pub fn setup() -> Setup {
        let start = "2026-11-20T09:00:00Z".parse().expect("this is a time");
        let settings = [("FRONTEND_URL", FRONTEND_URL)].map(|(name, value)| (name.to_owned(), value.to_owned()));
        Setup {
            clock: Clock::fake(start),
            settings: settings.into(),
            providers: Vec::new(),
            clients: serde_json::Map::new(),
            allow: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// The clock that all of it goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The functions, and the cloud under them.
    pub fn stack(&self) -> &Stack {
        &self.stack
    }

    /// AWS, as played here.
    pub fn aws(&self) -> &Aws {
        self.stack.aws()
    }

    /// What is to go wrong, and what was asked of AWS.
    pub fn faults(&self) -> &Faults {
        self.stack.aws().faults()
    }

    /// Asks with `GET`.
    pub fn get(&self, path: impl Into<String>) -> Ask<'_> {
        self.request(Method::GET, path)
    }

    /// Asks with `POST`.
    pub fn post(&self, path: impl Into<String>) -> Ask<'_> {
        self.request(Method::POST, path)
    }

    /// Asks with `PUT`.
    pub fn put(&self, path: impl Into<String>) -> Ask<'_> {
        self.request(Method::PUT, path)
    }

    /// Asks with `PATCH`.
    pub fn patch(&self, path: impl Into<String>) -> Ask<'_> {
        self.request(Method::PATCH, path)
    }

    /// Asks with `DELETE`.
    pub fn delete(&self, path: impl Into<String>) -> Ask<'_> {
        self.request(Method::DELETE, path)
    }

    /// Asks with any method.
    pub fn request(&self, method: Method, path: impl Into<String>) -> Ask<'_> {
        Ask::new(self, method, path.into())
    }

    /// A browser with an empty cookie jar, on pages of our own origin.
    pub fn browser(&self) -> Browser<'_> {
        Browser::new(self, PUBLIC_URL)
    }

    /// Signs somebody up.
    pub async fn register(&self, email: &str) -> User {
        let body = json!({ "email": email, "password": "correct horse battery", "full_name": "Ada Lovelace" });
        let answer = self.post("/api/auth/register").json(body).send().await.expect(200);
        let text = |pointer: &str| answer.json().pointer(pointer).and_then(|value| value.as_str().map(str::to_owned));
        User {
            id: text("/user/id").expect("a user has an id"),
            email: email.to_owned(),
            access_token: text("/access_token").expect("who signed up is signed in"),
            refresh_token: text("/refresh_token").expect("who signed up stays signed in"),
        }
    }

    /// Lets every schedule tick once, and the job functions work until their queues are empty.
    pub async fn tick(&self) {
        for (name, schedule) in self.aws().schedules() {
            self.job(&name)(self.aws().tick(&schedule)).await.expect("a scheduled call succeeds");
        }
        self.work().await;
    }

    /// Lets the job functions work until their queues are empty.
    pub async fn work(&self) {
        let deliveries = self.aws().deliveries();
        loop {
            let mut messages = 0;
            for delivery in &deliveries {
                messages += self.aws().deliver(delivery, &self.job(&delivery.function)).await.expect("a delivery");
            }
            if messages == 0 {
                return;
            }
        }
    }

    fn job(&self, name: &str) -> impl Fn(Value) -> Answering {
        let job = JOBS.iter().find(|job| job.name == name).expect("every job is known");
        let app = self.stack.app(name);
        move |event| (job.handle)(app.clone(), event)
    }

    /// Hands a request to the router, as a server or Lambda would.
    pub(crate) async fn serve(&self, request: Request<axum::body::Body>) -> Response<axum::body::Body> {
        self.router.clone().oneshot(request).await.expect("the router answers everything")
    }
}

impl Setup {
    /// Real time.
    #[must_use]
    pub fn system_clock(mut self) -> Self {
        self.clock = Clock::system();
        self
    }

    /// A setting of the operator's.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// A provider that does as it is told, under its own name; its OAuth client is known.
    #[must_use]
    pub fn provider(mut self, provider: &Provider) -> Self {
        self.providers.push((provider.slug().to_owned(), provider.file()));
        self.clients.insert(provider.slug().to_owned(), provider.client());
        self.allow.push(("127.0.0.1".to_owned(), provider.port()));
        self
    }

    /// A provider file of the test's own.
    #[must_use]
    pub fn provider_file(mut self, slug: &str, toml: &str) -> Self {
        self.providers.push((slug.to_owned(), toml.to_owned()));
        self
    }

    /// An OAuth client of the operator's.
    #[must_use]
    pub fn client(mut self, provider: &str, id: &str, secret: &str) -> Self {
        self.clients.insert(provider.to_owned(), json!({ "client_id": id, "client_secret": secret }));
        self
    }

    /// Notes the rights it exercises here, beside those of others.
    #[must_use]
    pub fn usage(mut self, usage: &Usage) -> Self {
        self.usage = usage.clone();
        self
    }

    /// A port on loopback that may be called.
    #[must_use]
    pub fn allow(mut self, port: u16) -> Self {
        self.allow.push(("127.0.0.1".to_owned(), port));
        self
    }

    /// Starts it.
    #[expect(clippy::unused_async, reason = "it needs a runtime, and a sentence in a test reads alike everywhere")]
    pub async fn start(mut self) -> TestApp {
        let folder = (!self.providers.is_empty()).then(|| self.write_providers());
        let template = stack::template().expect("the template is readable");
        let mut cloud = aws::Options::in_memory(template.clone());
        cloud.clock = self.clock.clone();
        cloud.usage = self.usage;
        cloud.trusted.insert(ONLOOKER.to_owned());
        cloud.secrets.insert("postern-oauth-clients".to_owned(), self.clients.into());
        let stack = Stack::start(stack::Setup {
            cloud,
            ids: Ids::seeded(0),
            public_url: PUBLIC_URL.parse().expect("this is an address"),
            allow: self.allow,
            settings: &|name| self.settings.get(name).cloned(),
        });
        let stack = stack.expect("the product starts");
        TestApp { router: stack.router(Router::new()), stack, clock: self.clock, folder }
    }

    fn write_providers(&mut self) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("postern-{}", shared::id::random_token()));
        std::fs::create_dir(&folder).expect("a folder for provider files");
        for (slug, toml) in &self.providers {
            std::fs::write(folder.join(format!("{slug}.toml")), toml).expect("a provider file");
        }
        self.settings.insert("PROVIDERS_DIR".to_owned(), folder.display().to_string());
        folder
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // What is left behind is left in the system's own folder for such things.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Answer {
    /// The answer itself, where it has this status; otherwise the test fails and shows it.
    #[expect(clippy::return_self_not_must_use, reason = "the assertion is what most tests want of it")]
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status(), status, "{}", self.text());
        self
    }
}
