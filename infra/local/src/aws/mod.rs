//! AWS, answered by this process: the real SDK clients get an HTTP connector that ends here.
//!
//! DynamoDB is an embedded emulator; KMS, SQS, Secrets Manager and the parameter store are small stand-ins; what exists
//! and who may do what comes from `template.yaml`. For development and tests only: signatures are not verified, and a
//! caller's role is simply the access key id it signs with.

mod connector;
mod dynamodb;
mod dynamodb_rights;
mod endpoint;
mod faults;
mod iam;
mod key_ring;
mod kms;
mod poller;
mod private_file;
mod queue_store;
mod schedule;
mod secrets;
mod sqs;
mod sqs_message;
mod stale_index;
mod usage;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::PathBuf,
    sync::Arc,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion, stalled_stream_protection::StalledStreamProtectionConfig,
};
use aws_types::{SdkConfig, region::Region};
use serde_json::Value;
use shared::clock::Clock;

pub use self::{
    faults::{Call, Fault, Faults},
    poller::{Delivery, Handled, Poller},
    schedule::Ticker,
    usage::{Grant, Usage, Use},
    wire::Service,
};
use crate::template::{REGION, Template};

/// What the local cloud is made from.
#[derive(Clone)]
pub struct Options {
    /// What exists, and who may do what.
    pub template: Template,
    /// Where everything is kept; `None` keeps it in memory, for tests.
    pub folder: Option<PathBuf>,
    /// The time that visibility, expiry and schedules go by.
    pub clock: Clock,
    /// Roles that may do anything (`admin`, `bench`).
    pub trusted: BTreeSet<String>,
    /// Values of secrets by name, laid over what the folder and the template give.
    pub secrets: BTreeMap<String, Value>,
    /// Values of SSM parameters by name, laid over the template's.
    pub parameters: BTreeMap<String, String>,
    /// Where exercised rights are noted; share one to sum up several clouds.
    pub usage: Usage,
}

impl Options {
    /// A cloud in memory with nothing but the template in it.
    pub fn in_memory(template: Template) -> Self {
        Self {
            template,
            folder: None,
            clock: Clock::system(),
            trusted: BTreeSet::new(),
            secrets: BTreeMap::new(),
            parameters: BTreeMap::new(),
            usage: Usage::default(),
        }
    }
}

/// Why the local cloud did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is there but is not what this program wrote.
    #[error("{path} is damaged: {problem}")]
    Damaged {
        /// Which one.
        path: PathBuf,
        /// How.
        problem: String,
    },
    /// Another process keeps its things there.
    #[error("{folder} is in use by another process")]
    InUse {
        /// Which one.
        folder: PathBuf,
    },
    /// The embedded DynamoDB refused.
    #[error("DynamoDB: {0}")]
    DynamoDb(String),
    /// A role may not do what its function is there for.
    #[error("{0}")]
    Refused(String),
    /// The queues' database refused.
    #[error("queues: {0}")]
    Queues(#[from] rusqlite::Error),
}

/// A running local cloud; clones share it.
#[derive(Clone)]
pub struct Aws(Arc<Cloud>);

/// Everything behind the connector.
pub(crate) struct Cloud {
    template: Template,
    clock: Clock,
    iam: iam::Iam,
    faults: Faults,
    dynamodb: dynamodb::Engine,
    kms: kms::Kms,
    sqs: sqs::Sqs,
    secrets: secrets::Secrets,
    /// Held for as long as we run.
    _claim: Option<File>,
}

impl Aws {
    /// Opens or creates everything that the template names.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let folder = options.folder.as_deref();
        folder.map_or(Ok(()), private_file::make_folder)?;
        let claim = folder.map(private_file::claim).transpose()?;
        Ok(Self(Arc::new(Cloud {
            iam: iam::Iam::new(&options.template, options.trusted, options.usage),
            faults: Faults::default(),
            dynamodb: dynamodb::Engine::start(folder, &options.template.tables, &options.clock)?,
            kms: kms::Kms::open(folder, &options.template.keys, &options.clock)?,
            sqs: sqs::Sqs::open(folder, &options.template.queues, &options.clock)?,
            secrets: secrets::Secrets::open(folder, &options.template, &options.secrets, options.parameters)?,
            template: options.template,
            clock: options.clock,
            _claim: claim,
        })))
    }

    /// What an SDK client needs to act here as this role (a function's name, or a trusted one).
    pub fn sdk_config(&self, role: &str) -> SdkConfig {
        let credentials = Credentials::from_keys(role, "local", None);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(connector::Connector::new(Arc::clone(&self.0)))
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// The template it was made from.
    pub fn template(&self) -> &Template {
        &self.0.template
    }

    /// What is to go wrong, and what was asked so far.
    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// The rights exercised so far.
    pub fn usage(&self) -> &Usage {
        self.0.iam.usage()
    }

    /// What the template grants on the services played here and nobody has used.
    pub fn unused_grants(&self) -> Vec<Grant> {
        self.usage().unused(&self.0.template)
    }

    /// Deletes the items whose time is over; DynamoDB does it late too, just not when told. Says how many it was.
    pub fn sweep_ttl(&self) -> Result<usize, StartError> {
        self.0.dynamodb.sweep_ttl()
    }

    /// Lets an index lag: its queries see the table as it is now, until [`Aws::thaw_index`].
    pub fn freeze_index(&self, table: &str, index: &str) -> Result<(), StartError> {
        self.0.dynamodb.freeze(table, index)
    }

    /// Lets reads of a table lag that do not ask to be consistent: they see it as it is now, until [`Aws::thaw_reads`].
    pub fn freeze_reads(&self, table: &str) -> Result<(), StartError> {
        self.0.dynamodb.freeze(table, "")
    }

    /// Lets frozen reads catch up.
    pub fn thaw_reads(&self, table: &str) -> Result<(), StartError> {
        self.0.dynamodb.thaw(table, "")
    }

    /// Lets a frozen index catch up.
    pub fn thaw_index(&self, table: &str, index: &str) -> Result<(), StartError> {
        self.0.dynamodb.thaw(table, index)
    }

    /// A new version of a key's material, as KMS's yearly rotation makes it; what was sealed before still opens.
    pub fn rotate_key(&self, id: &str) -> Result<(), StartError> {
        self.0.kms.rotate(id)
    }

    /// Gives a secret a new value; the old one stays readable as `AWSPREVIOUS`.
    pub fn put_secret(&self, name: &str, value: String) -> Result<(), StartError> {
        self.0.secrets.put(name, value)
    }

    /// Lets requests under way finish and closes the database files.
    pub async fn stop(self) {
        self.0.dynamodb.stop().await;
    }
}
