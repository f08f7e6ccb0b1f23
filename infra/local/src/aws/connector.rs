//! Where the SDK's requests end: tells service, operation and role, lets a waiting fault strike, and passes on.
//!
//! It knows nothing of what the services do.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use serde_json::{Value, json};

use super::{
    Aws, Cloud, Service,
    faults::Effect,
    wire::{self, Refusal},
};

/// The HTTP client of every SDK client made here.
#[derive(Clone)]
pub(super) struct Connector(Arc<Cloud>);

impl Connector {
    pub(super) fn new(cloud: Arc<Cloud>) -> Self {
        Self(cloud)
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Connector")
    }
}

impl Aws {
    /// Answers one request of an SDK client that is not in this process. Its access key id names the role, as ever.
    pub async fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        answer(&self.0, request).await
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move { answer(&cloud, request).await })
    }
}

pub(super) async fn answer(cloud: &Cloud, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let target = request.headers().get("x-amz-target").and_then(|target| target.split_once('.'));
    let Some((service, operation)) = target.and_then(|(prefix, op)| Some((Service::of_target(prefix)?, op.to_owned())))
    else {
        return Err(ConnectorError::user(format!("no such service here: {}", request.uri()).into()));
    };
    let role = role(&request).to_owned();
    match cloud.faults.strike(service, &operation, &role) {
        Some(Effect::LoseRequest) => Err(broken("the request was lost")),
        Some(Effect::LoseAnswer) => {
            serve(cloud, service, &operation, &role, request).await?;
            Err(broken("the answer was lost"))
        }
        Some(effect) => Ok(staged(effect, &operation, body(&request)).answer(service)),
        None => serve(cloud, service, &operation, &role, request).await,
    }
}

/// The access key id in the signature names the role.
fn role(request: &HttpRequest) -> &str {
    let signature = request.headers().get("authorization").unwrap_or_default();
    let credential = signature.split_once("Credential=").map_or("", |(_, rest)| rest);
    credential.split_once('/').map_or("", |(role, _)| role)
}

fn body(request: &HttpRequest) -> &[u8] {
    request.body().bytes().unwrap_or_default()
}

fn broken(what: &str) -> ConnectorError {
    ConnectorError::io(std::io::Error::new(std::io::ErrorKind::ConnectionReset, what).into())
}

async fn serve(
    cloud: &Cloud,
    service: Service,
    operation: &str,
    role: &str,
    request: HttpRequest,
) -> Result<HttpResponse, ConnectorError> {
    if service == Service::DynamoDb {
        // Forwarded as it is: no parsing beyond what the rights need.
        return match cloud.dynamodb.check(&cloud.iam, role, operation, body(&request)) {
            Ok(()) => cloud.dynamodb.forward(operation, request).await,
            Err(refusal) => Ok(refusal.answer(service)),
        };
    }
    let Ok(input) = serde_json::from_slice::<Value>(body(&request)) else {
        return Ok(Refusal::new("SerializationException", "the body is not JSON").answer(service));
    };
    let result = match service {
        Service::Kms => cloud.kms.serve(&cloud.iam, role, operation, &input),
        Service::Sqs => cloud.sqs.serve(&cloud.iam, role, operation, &input).await,
        _ => cloud.secrets.serve(&cloud.iam, role, operation, &input),
    };
    Ok(match result {
        Ok(output) => wire::success(service, &output),
        Err(refusal) => refusal.answer(service),
    })
}

/// What the service would say if the fault were real.
fn staged(effect: Effect, operation: &str, body: &[u8]) -> Refusal {
    match effect {
        Effect::Deny => Refusal::new("AccessDeniedException", "refused on purpose"),
        Effect::Conflict if operation == "TransactWriteItems" => {
            let input: Value = serde_json::from_slice(body).unwrap_or_default();
            let items = input["TransactItems"].as_array().map_or(1, Vec::len);
            let reason = json!({ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" });
            let message = format!("Transaction cancelled [{}]", vec!["TransactionConflict"; items].join(", "));
            Refusal::new("TransactionCanceledException", message)
                .with("CancellationReasons", Value::Array(vec![reason; items]))
        }
        Effect::Conflict => Refusal::new("TransactionConflictException", "Transaction is ongoing for the item"),
        _ => Refusal::new("ThrottlingException", "Rate exceeded").query_code("RequestThrottled"),
    }
}
