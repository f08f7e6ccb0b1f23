//! How a function runs on Lambda: a few lines in its `main.rs` call one of these.

use std::future::Future;

pub use lambda_http::Error;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;

use crate::{app::App, http::layers, observe};

/// Serves HTTP events (HTTP API and function URL, payload 2.0) with `routes`.
pub fn serve(routes: OpenApiRouter<App>) -> Result<(), Error> {
    run(async {
        let app = App::from_lambda()?;
        lambda_http::run(layers::apply(layers::group(routes, &app), &app)).await
    })
}

/// Serves events of other kinds: schedules and queue batches, as their JSON.
pub fn serve_events<F, R>(handle: F) -> Result<(), Error>
where
    F: Fn(App, Value) -> R,
    R: Future<Output = Result<Value, Error>>,
{
    run(async {
        let app = App::from_lambda()?;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| handle(app.clone(), event.payload))).await
    })
}

/// Lambda gives one request at a time: one thread starts sooner than a pool.
fn run(work: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    observe::start();
    let done = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work);
    // Settings that do not hold together end the function here; what `main` returns is shown for programmers only.
    done.inspect_err(|error| tracing::error!(%error, "the function ends"))
}
