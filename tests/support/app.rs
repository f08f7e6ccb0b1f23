//! The product in this process: no socket, no file, no other test's data.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    http::{Method, Request, Response},
};
use local::{
    aws::{Aws, Faults},
    functions::{Answering, JOBS},
    stack::Stack,
};
use serde_json::{Value, json};
use shared::{clock::Clock, mail::Letter};
use tower::ServiceExt;

use crate::{
    client::{Answer, Ask, Browser},
    setup::Setup,
};

/// Where the product believes to be reached.
pub const PUBLIC_URL: &str = "https://postern.example";
/// Where its front end is.
pub const FRONTEND_URL: &str = "https://front.example";
/// A role with every right, for tests that look into the tables.
pub const ONLOOKER: &str = "onlooker";

/// The whole product, in memory.
pub struct TestApp {
    pub(crate) stack: Stack,
    pub(crate) router: Router,
    pub(crate) clock: Clock,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) letters: Arc<Mutex<Vec<Letter>>>,
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
        Setup::new()
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

    /// The operator's mails so far, where no mail server is set up.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().expect("no test panicked here").clone()
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
