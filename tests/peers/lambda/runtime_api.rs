//! The Lambda runtime API (2018-06-01): hands events to a function's binary and takes its answers.
//!
//! One function each, one event at a time, as Lambda does it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::Value;
use shared::clock::Clock;
use tokio::sync::{mpsc, oneshot};

/// What a function made of an event: its answer, or its error.
pub(crate) type Outcome = Result<Value, Value>;

/// How long a function may take, in seconds; Lambda's own default is shorter.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running runtime API.
pub(crate) struct RuntimeApi {
    address: String,
    events: mpsc::UnboundedSender<Invocation>,
}

struct Invocation {
    event: Value,
    outcome: oneshot::Sender<Outcome>,
}

/// What the endpoints share.
struct Desk {
    events: tokio::sync::Mutex<mpsc::UnboundedReceiver<Invocation>>,
    /// Whom to tell, by request id.
    waiting: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

impl RuntimeApi {
    /// Starts one on a port of its own. It ends with the test's runtime.
    pub(crate) async fn start() -> Self {
        let (events, waiting) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk { events: waiting.into(), waiting: Mutex::default() });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(desk);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, events }
    }

    /// What `AWS_LAMBDA_RUNTIME_API` says.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Hands an event over and waits for what comes of it.
    pub(crate) async fn invoke(&self, event: Value) -> Outcome {
        let (outcome, told) = oneshot::channel();
        self.events.send(Invocation { event, outcome }).ok().expect("the API runs");
        let told = tokio::time::timeout(TIMEOUT, told).await;
        told.expect("the function answers in time; did it start?").expect("the function says what came of it")
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let Some(Invocation { event, outcome }) = desk.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = shared::id::random_token();
    let deadline = Clock::system().now().as_millisecond() + 1000 * i64::try_from(TIMEOUT.as_secs()).expect("it is short");
    desk.waiting.lock().expect("no test panicked here").insert(id.clone(), outcome);
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1".to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:postern".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(state: State<Arc<Desk>>, id: Path<String>, body: Bytes) -> StatusCode {
    let answer = serde_json::from_slice(&body).expect("an answer is JSON");
    tell(&state, &id, Ok(answer))
}

async fn error(state: State<Arc<Desk>>, id: Path<String>, body: Bytes) -> StatusCode {
    let error = serde_json::from_slice(&body).expect("an error is JSON");
    tell(&state, &id, Err(error))
}

/// A function that does not start fails everything it was to do.
async fn init_error(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    let error: Value = serde_json::from_slice(&body).expect("an error is JSON");
    while let Ok(Invocation { outcome, .. }) = desk.events.lock().await.try_recv() {
        let _ = outcome.send(Err(error.clone()));
    }
    StatusCode::ACCEPTED
}

fn tell(desk: &Desk, id: &str, outcome: Outcome) -> StatusCode {
    let waiting = desk.waiting.lock().expect("no test panicked here").remove(id);
    match waiting.map(|waiting| waiting.send(outcome)) {
        Some(_) => StatusCode::ACCEPTED,
        None => StatusCode::BAD_REQUEST,
    }
}
