//! The Lambda runtime API (2018-06-01) on loopback: hands events to a function's binary and takes its answers.
//!
//! One function each, one event at a time, as Lambda does it. For tests and measurements; the development server calls the
//! functions' handlers itself.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use shared::clock::Clock;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

/// What a function made of an event: its answer, or its error.
pub type Outcome = Result<Value, Value>;

/// How long a function may take, in seconds; Lambda's own default is shorter.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running runtime API. It ends with this value.
pub struct RuntimeApi {
    address: String,
    events: mpsc::UnboundedSender<Invocation>,
    polled: watch::Receiver<Option<Instant>>,
    serving: JoinHandle<io::Result<()>>,
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
    /// When it was first asked for an event.
    polled: watch::Sender<Option<Instant>>,
}

impl RuntimeApi {
    /// Starts one on a port of its own.
    pub async fn start() -> io::Result<Self> {
        let (events, queue) = mpsc::unbounded_channel();
        let (tell, polled) = watch::channel(None);
        let desk = Arc::new(Desk { events: queue.into(), waiting: Mutex::default(), polled: tell });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(desk);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, events, polled, serving })
    }

    /// What `AWS_LAMBDA_RUNTIME_API` says.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the function asks for its first event, which ends its cold start, and says when that was.
    pub async fn first_poll(&self) -> Option<Instant> {
        let mut polled = self.polled.clone();
        let seen = tokio::time::timeout(TIMEOUT, polled.wait_for(Option::is_some)).await;
        seen.ok().and_then(|told| told.ok().and_then(|told| *told))
    }

    /// Hands an event over and waits for what comes of it. A function that says nothing in time has failed.
    pub async fn invoke(&self, event: Value) -> Outcome {
        let (outcome, told) = oneshot::channel();
        let silence = || json!({ "errorType": "Silence", "errorMessage": "the function did not answer in time" });
        self.events.send(Invocation { event, outcome }).map_err(|_| silence())?;
        match tokio::time::timeout(TIMEOUT, told).await {
            Ok(Ok(told)) => told,
            _ => Err(silence()),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn next(State(desk): State<Arc<Desk>>) -> Response {
    let now = Instant::now();
    desk.polled.send_if_modified(|polled| {
        let first = polled.is_none();
        polled.get_or_insert(now);
        first
    });
    let Some(Invocation { event, outcome }) = desk.events.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let id = shared::id::random_token();
    let timeout = i64::try_from(TIMEOUT.as_millis()).unwrap_or(i64::MAX);
    let deadline = Clock::system().now().as_millisecond().saturating_add(timeout);
    desk.waiting().insert(id.clone(), outcome);
    let trace = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1";
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-trace-id", trace.to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:postern".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(desk: State<Arc<Desk>>, id: Path<String>, body: Bytes) -> StatusCode {
    serde_json::from_slice(&body).map_or(StatusCode::BAD_REQUEST, |answer| desk.tell(&id, Ok(answer)))
}

async fn error(desk: State<Arc<Desk>>, id: Path<String>, body: Bytes) -> StatusCode {
    serde_json::from_slice(&body).map_or(StatusCode::BAD_REQUEST, |error| desk.tell(&id, Err(error)))
}

/// A function that does not start fails everything it was to do.
async fn init_error(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
    while let Ok(Invocation { outcome, .. }) = desk.events.lock().await.try_recv() {
        let _ = outcome.send(Err(error.clone()));
    }
    StatusCode::ACCEPTED
}

impl Desk {
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<Outcome>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, id: &str, outcome: Outcome) -> StatusCode {
        match self.waiting().remove(id).map(|waiting| waiting.send(outcome)) {
            Some(_) => StatusCode::ACCEPTED,
            None => StatusCode::BAD_REQUEST,
        }
    }
}
