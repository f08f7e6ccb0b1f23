//! The tables in DynamoDB: one file an entity. Handlers call these and see no SDK type.
//!
//! Existing rows change by `UpdateItem` on one attribute group; whole rows are put only when new.

pub(crate) mod answers;
pub mod audit;
pub(crate) mod binary;
pub(crate) mod breakers;
pub(crate) mod data_keys;
mod epoch;
pub mod errands;
pub mod expression;
pub mod families;
pub mod guards;
pub mod handshakes;
pub mod imported;
pub mod integrations;
pub mod invitations;
mod item;
pub mod key;
pub mod links;
pub mod managed;
pub mod members;
pub mod organisations;
pub(crate) mod sealed;
pub mod seals;
pub mod service_keys;
pub mod tickets;
pub mod timers;
mod transact;
pub mod usage;
pub mod users;
pub mod walk;
mod webhooks;
mod write;

use aws_sdk_dynamodb::error::SdkError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::{
    aws::{self, Aws},
    clock::Clock,
};

pub(crate) use item::{Item, number, read, string, text};
pub(crate) use write::{ATTEMPT, Attempt, Written, put_new, update};

/// The way to all tables.
#[derive(Clone)]
pub struct Store {
    aws: Aws,
    prefix: std::sync::Arc<str>,
    clock: Clock,
}

/// The tables, by trust boundary (each function is granted only what it uses).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    Users,
    Integrations,
    Keys,
    Handshakes,
    Timers,
    Guards,
    Audit,
    Usage,
    Seals,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Integrations => "integrations",
            Self::Keys => "keys",
            Self::Handshakes => "handshakes",
            Self::Timers => "timers",
            Self::Guards => "guards",
            Self::Audit => "audit",
            Self::Usage => "usage",
            Self::Seals => "seals",
        }
    }
}

impl Store {
    pub(crate) fn new(aws: Aws, prefix: &str, clock: Clock) -> Self {
        Self { aws, prefix: prefix.into(), clock }
    }

    pub(crate) fn client(&self) -> &aws_sdk_dynamodb::Client {
        self.aws.dynamodb()
    }

    pub(crate) fn table(&self, table: Table) -> String {
        format!("{}{}", self.prefix, table.name())
    }

    /// Whether the database answers at all.
    pub async fn answers(&self) -> bool {
        let request = self.client().get_item().table_name(self.table(Table::Users));
        request.key("pk", text("HEALTH")).key("sk", text("-")).send().await.is_ok()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// DynamoDB refused for load, or because a transaction held the row: nothing was written, try again later.
    #[error("the database is throttling")]
    Throttled,
    /// DynamoDB failed or could not be reached.
    #[error("the database failed: {0}")]
    Failed(String),
    /// A row does not have the shape we write.
    #[error("a stored row is not readable: {0}")]
    Unreadable(String),
}

impl<E> From<SdkError<E, HttpResponse>> for Error
where
    E: std::error::Error + aws_sdk_dynamodb::error::ProvideErrorMetadata + Send + Sync + 'static,
{
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let code = error.as_service_error().and_then(aws_sdk_dynamodb::error::ProvideErrorMetadata::code);
        match code {
            Some(
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "TransactionConflictException",
            ) => Self::Throttled,
            _ => Self::Failed(aws::reason(&error)),
        }
    }
}

impl From<serde_dynamo::Error> for Error {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl From<Error> for crate::http::Error {
    fn from(error: Error) -> Self {
        use crate::http::Code;
        match error {
            Error::Throttled => {
                Self::new(Code::Unavailable, "The database is busy; try again shortly").retry_after(1).caused_by(error)
            }
            Error::Failed(_) => Self::new(Code::Unavailable, "The database cannot be reached at the moment")
                .retry_after(1)
                .caused_by(error),
            Error::Unreadable(_) => Self::internal(error),
        }
    }
}
