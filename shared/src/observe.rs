//! Structured logs and metrics. One line a request, with allow-listed fields only: no query, no body, no header value.

use std::{fmt::Write as _, io::Write as _, sync::OnceLock, time::Instant};

use axum::{
    extract::{MatchedPath, Request as HttpRequest},
    http::StatusCode,
};
use lambda_http::request::RequestContext;
use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{app::App, config::Env, http, id::RequestId};

/// Starts logging: JSON lines to standard output at `LOG_LEVEL` (default `info`).
pub fn start() {
    let level = Env::process("LOG_LEVEL").unwrap_or_else(|| "info".to_owned()).to_ascii_lowercase();
    // Levels by target, without the filter that matches fields: its regular expressions are a megabyte in each binary.
    let filter = level.parse().unwrap_or_else(|_| Targets::new().with_default(LevelFilter::INFO));
    let lines = fmt::layer().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A second start (tests) keeps the first.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
}

/// A request on its way.
pub struct Request {
    operation: String,
    id: RequestId,
    gateway: Option<String>,
    started: Instant,
}

impl Request {
    pub(crate) fn start(_app: &App, request: &HttpRequest, id: &RequestId) -> Self {
        // The path's template: a path itself may hold what somebody typed.
        let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
        let operation = format!("{} {path}", request.method());
        Self { operation, id: id.clone(), gateway: gateway_id(request), started: Instant::now() }
    }

    pub(crate) fn span(&self) -> tracing::Span {
        let caller = tracing::field::Empty;
        tracing::info_span!("request", request_id = %self.id, gateway_id = self.gateway, operation = self.operation, caller)
    }

    pub(crate) fn finish(&self, _app: &App, status: StatusCode) {
        let micros = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(target: "postern::access", status = status.as_u16(), micros, "answered");
    }
}

/// The gateway's own id of the request, by which its access log finds our line.
fn gateway_id(request: &HttpRequest) -> Option<String> {
    match request.extensions().get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.request_id.clone(),
        _ => None,
    }
}

/// Logs what broke inside, once.
pub(crate) fn error(error: &http::Error) {
    let mut causes = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(causes, "{}{cause}", if causes.is_empty() { "" } else { ": " });
        source = cause.source();
    }
    let code = error.code();
    if code.status().is_server_error() {
        tracing::error!(code = code.as_str(), causes, "request failed");
    } else {
        tracing::debug!(code = code.as_str(), causes, "request refused");
    }
}

/// Counts something as a CloudWatch metric of this function: a line in the embedded metric format, which CloudWatch reads
/// off standard output. Off Lambda there is nobody to read it.
pub fn count(app: &App, metric: &'static str, value: u32) {
    static FUNCTION: OnceLock<Option<String>> = OnceLock::new();
    let Some(function) = FUNCTION.get_or_init(|| Env::process("AWS_LAMBDA_FUNCTION_NAME")) else { return };
    let line = metric_line(app.clock.now().as_millisecond(), function, metric, value);
    // A line that cannot be written is not worth failing a request for.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn metric_line(millis: i64, function: &str, metric: &str, value: u32) -> serde_json::Value {
    serde_json::json!({
        "_aws": {
            "Timestamp": millis,
            "CloudWatchMetrics": [{
                "Namespace": "Postern",
                "Dimensions": [["FunctionName"]],
                "Metrics": [{ "Name": metric, "Unit": "Count" }],
            }],
        },
        "FunctionName": function,
        (metric): value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_line_has_what_cloudwatch_looks_for_at_its_root() {
        let line = metric_line(1, "stack-oauth", "BreakerOpened", 1);
        let declared = &line["_aws"]["CloudWatchMetrics"][0];
        let (dimension, metric) = (&declared["Dimensions"][0][0], &declared["Metrics"][0]["Name"]);
        assert_eq!(line[dimension.as_str().unwrap()], "stack-oauth");
        assert_eq!(line[metric.as_str().unwrap()], 1);
    }
}
