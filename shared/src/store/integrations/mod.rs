//! Integrations: one user's stored connection to a provider.
//!
//! One row each, at organisation and owner, provider and label, so that a read is one `GetItem` and a second connection
//! in the same slot cannot come about. Secrets are in it only as the vault seals them; nothing here opens one.

pub mod attribute;
mod due;
mod edit;
mod keys;
pub mod protocol;
mod read;
mod record;
mod status;
mod write;

pub use due::Due;
pub use edit::Edit;
pub use keys::{SHARDS, Slot};
pub use read::Page;
pub use record::{External, Integration, Kind, Record};
pub use status::Status;
pub use write::{SealedGrant, Settled};

use std::borrow::Cow;

use aws_sdk_dynamodb::types::AttributeValue;

use super::{
    Store, Table, Written,
    expression::{Row, Value, Write},
    key::Key,
};
pub(crate) use keys::{due, moment, spread};

/// The way to the integrations.
#[derive(Clone, Copy)]
pub struct Integrations<'a>(&'a Store);

impl Store {
    /// The integrations.
    pub fn integrations(&self) -> Integrations<'_> {
        Integrations(self)
    }
}

impl Integrations<'_> {
    /// Does one of the protocol's writes.
    pub(crate) async fn write(&self, key: &Key, write: &Write) -> Result<Settled, super::Error> {
        Settled::read(self.0.apply(Table::Integrations, key, write).await?)
    }

    /// Does one of the protocol's writes on raw rows: for the test that holds the model against the store.
    pub async fn apply(&self, key: &Key, write: &Write) -> Result<(bool, Option<Row>), super::Error> {
        let (done, row) = match self.0.apply(Table::Integrations, key, write).await? {
            Written::Yes(item) => (true, Some(item)),
            Written::No(item) => (false, item),
        };
        Ok((done, row.map(|item| item.iter().filter_map(|(name, value)| attribute(name, value)).collect())))
    }
}

fn attribute(name: &str, value: &AttributeValue) -> Option<(Cow<'static, str>, Value)> {
    Some((Cow::Owned(name.to_owned()), Value::read(value)?))
}
