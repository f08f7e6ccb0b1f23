//! The AWS clients, each made when first used: a function that never asks KMS never pays for its client.

use std::sync::{Arc, OnceLock};

use aws_config::{BehaviorVersion, Region, environment::EnvironmentVariableCredentialsProvider};
use aws_types::SdkConfig;

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

impl Aws {
    /// Clients that share `config`.
    pub fn new(config: SdkConfig) -> Self {
        Self(Arc::new(Inside {
            config,
            dynamodb: OnceLock::new(),
            kms: OnceLock::new(),
            sqs: OnceLock::new(),
            secrets: OnceLock::new(),
            ssm: OnceLock::new(),
        }))
    }

    /// On Lambda region and credentials are in the environment; asking for nothing else keeps the cold start short.
    pub async fn from_lambda() -> Self {
        let region = Env::process("AWS_REGION").map(Region::new);
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(EnvironmentVariableCredentialsProvider::new())
            .load()
            .await;
        Self::new(config)
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
