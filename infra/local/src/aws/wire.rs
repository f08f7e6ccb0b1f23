//! The two JSON protocols as far as answers go: a body with a content type, or a refusal that the SDK knows by its code.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use http::StatusCode;
use serde_json::{Value, json};

/// A service that is answered here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon DynamoDB.
    DynamoDb,
    /// AWS Key Management Service.
    Kms,
    /// Amazon Simple Queue Service.
    Sqs,
    /// AWS Secrets Manager.
    SecretsManager,
    /// The parameter store of AWS Systems Manager.
    Ssm,
}

impl Service {
    /// The service that an `X-Amz-Target` prefix belongs to.
    pub(super) fn of_target(prefix: &str) -> Option<Self> {
        Some(match prefix {
            "DynamoDB_20120810" => Self::DynamoDb,
            "TrentService" => Self::Kms,
            "AmazonSQS" => Self::Sqs,
            "secretsmanager" => Self::SecretsManager,
            "AmazonSSM" => Self::Ssm,
            _ => return None,
        })
    }

    /// Its name in IAM actions and ARNs.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
            Self::Sqs => "sqs",
            Self::SecretsManager => "secretsmanager",
            Self::Ssm => "ssm",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::DynamoDb | Self::Sqs => "application/x-amz-json-1.0",
            Self::Kms | Self::SecretsManager | Self::Ssm => "application/x-amz-json-1.1",
        }
    }
}

/// An error that a service answers.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    /// The code of the older query protocol, by which the SDK's SQS errors still go.
    query_code: Option<&'static str>,
    message: String,
    /// Members beside code and message.
    more: Option<Box<(&'static str, Value)>>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.code, self.message)
    }
}

impl Refusal {
    /// A client's mistake: status 400.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, query_code: None, message: message.into(), more: None }
    }

    pub(super) fn query_code(self, code: &'static str) -> Self {
        Self { query_code: Some(code), ..self }
    }

    pub(super) fn with(self, name: &'static str, value: Value) -> Self {
        Self { more: Some(Box::new((name, value))), ..self }
    }

    /// A failure of ours: status 500.
    pub(super) fn internal(message: impl std::fmt::Display) -> Self {
        tracing::error!(%message, "the local AWS failed");
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..Self::new("InternalFailure", "internal failure") }
    }

    /// The entry that stands for this refusal in the answer to a batch.
    pub(super) fn in_batch(&self, id: &Value) -> Value {
        let code = self.query_code.unwrap_or(self.code);
        json!({ "Id": id, "Code": code, "Message": self.message, "SenderFault": !self.status.is_server_error() })
    }

    /// The answer, spelt as this service would.
    pub(super) fn answer(&self, service: Service) -> HttpResponse {
        let mut body = json!({ "__type": self.code, "message": self.message });
        if let Some(more) = &self.more {
            body[more.0] = more.1.clone();
        }
        let mut response = respond(service, self.status, &body);
        let query_code = match self.code {
            _ if service != Service::Sqs => None,
            "AccessDeniedException" => Some("AccessDenied"),
            code => Some(self.query_code.unwrap_or(code)),
        };
        if let Some(code) = query_code {
            response.headers_mut().insert("x-amzn-query-error", format!("{code};Sender"));
        }
        response
    }
}

/// The answer to a request that was carried out.
pub(super) fn success(service: Service, body: &Value) -> HttpResponse {
    respond(service, StatusCode::OK, body)
}

fn respond(service: Service, status: StatusCode, body: &Value) -> HttpResponse {
    let mut response = HttpResponse::new(status.into(), SdkBody::from(body.to_string()));
    response.headers_mut().insert("content-type", service.content_type());
    response
}
