//! The AWS clients, each made when first used: a function that never asks KMS never pays for its client.

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion,
    http::{HttpClient, HttpConnectorSettings, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::{SdkConfig, region::Region};

use crate::config::Env;

/// Lazily made SDK clients over one configuration. Cheap to clone.
#[derive(Clone)]
pub struct Aws(Arc<Inside>);

struct Inside {
    config: SdkConfig,
    dynamodb: OnceLock<aws_sdk_dynamodb::Client>,
    kms: OnceLock<aws_sdk_kms::Client>,
    sqs: OnceLock<aws_sdk_sqs::Client>,
    secrets: OnceLock<aws_sdk_secretsmanager::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
}

/// How long one try of a call may take, and a call with all its tries. A call that hangs must not cost a refresher its
/// lease, nor a function its time: all of ours are small, and answered within milliseconds.
const ATTEMPT: Duration = Duration::from_secs(4);
const CALL: Duration = Duration::from_secs(12);

impl Aws {
    /// Clients that share `config`.
    pub fn new(config: SdkConfig) -> Self {
        Self::within(config, ATTEMPT, CALL)
    }

    fn within(config: SdkConfig, attempt: Duration, call: Duration) -> Self {
        let limits = TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(call).build();
        let config = config.into_builder().timeout_config(limits).build();
        Self(Arc::new(Inside {
            config,
            dynamodb: OnceLock::new(),
            kms: OnceLock::new(),
            sqs: OnceLock::new(),
            secrets: OnceLock::new(),
            ssm: OnceLock::new(),
        }))
    }

    /// On Lambda region and credentials are in the environment, and stay what they are while the process lives. The SDK's
    /// own search for them knows profiles, metadata services and roles to assume: a client more in each binary, and time at
    /// each cold start.
    pub fn from_lambda() -> Self {
        let mut config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).http_client(Wire::default());
        config.set_region(Env::process("AWS_REGION").map(Region::new));
        // For tests and measurements: AWS is elsewhere.
        config.set_endpoint_url(Env::process("AWS_ENDPOINT_URL"));
        if let (Some(id), Some(secret)) = (Env::process("AWS_ACCESS_KEY_ID"), Env::process("AWS_SECRET_ACCESS_KEY")) {
            let credentials = Credentials::new(id, secret, Env::process("AWS_SESSION_TOKEN"), None, "environment");
            config.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
        }
        Self::new(config.build())
    }

    /// DynamoDB.
    pub fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.0.dynamodb.get_or_init(|| aws_sdk_dynamodb::Client::new(&self.0.config))
    }

    /// KMS.
    pub fn kms(&self) -> &aws_sdk_kms::Client {
        self.0.kms.get_or_init(|| aws_sdk_kms::Client::new(&self.0.config))
    }

    /// SQS.
    pub fn sqs(&self) -> &aws_sdk_sqs::Client {
        self.0.sqs.get_or_init(|| aws_sdk_sqs::Client::new(&self.0.config))
    }

    /// Secrets Manager.
    pub fn secrets(&self) -> &aws_sdk_secretsmanager::Client {
        self.0.secrets.get_or_init(|| aws_sdk_secretsmanager::Client::new(&self.0.config))
    }

    /// Systems Manager's parameters.
    pub fn ssm(&self) -> &aws_sdk_ssm::Client {
        self.0.ssm.get_or_init(|| aws_sdk_ssm::Client::new(&self.0.config))
    }
}

/// Why a call to AWS failed, in words for the log. Of an answer it tells the error's code and sentence and nothing else: a
/// whole answer may hold secrets.
pub(crate) fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    let connector;
    let cause: Option<&(dyn Error + 'static)> = match error {
        SdkError::ServiceError(answer) => match answer.err().code() {
            Some(code) => return format!("{code}: {}", answer.err().message().unwrap_or_default()),
            // Also a success that cannot be read ends here.
            None => return UNREADABLE.to_owned(),
        },
        SdkError::TimeoutError(_) => return "it did not answer in time".to_owned(),
        SdkError::DispatchFailure(failure) => {
            connector = failure.as_connector_error();
            connector.and_then(|error| error.source())
        }
        _ => return UNREADABLE.to_owned(),
    };
    let mut text = "no connection".to_owned();
    let mut next = cause;
    while let Some(error) = next {
        text = format!("{text}: {error}");
        next = error.source();
    }
    text
}

const UNREADABLE: &str = "its answer is not readable";

/// One wire for all clients: connections are shared, and the certificate roots are read once. The SDK's own client reads
/// them twice for each service.
#[derive(Debug, Default)]
struct Wire(OnceLock<SharedHttpConnector>);

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let make = || {
            let mut builder = Connector::builder().connector_settings(settings.clone());
            builder.set_sleep_impl(components.sleep_impl());
            SharedHttpConnector::new(builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build())
        };
        // All clients have the same settings: those that the SDK has for everybody.
        self.0.get_or_init(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn a_call_that_is_never_answered_ends() {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(Wire::default())
            .region(Region::new("eu-central-1"))
            .endpoint_url(format!("http://{}", silent.local_addr().unwrap()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let aws = Aws::within(config, Duration::from_millis(20), Duration::from_millis(100));
        let refused = aws.dynamodb().list_tables().send().await.unwrap_err();
        assert_eq!(reason(&refused), "it did not answer in time");
    }
}
