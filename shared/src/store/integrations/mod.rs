//! Integrations: one user's stored connection to a provider.
//!
//! One row each, at organisation and owner, provider and label, so that a read is one `GetItem` and a second connection
//! in the same slot cannot come about. Secrets are in it only as the vault seals them.

pub mod attribute;
pub mod due;
pub mod protocol;
mod record;
mod rows;
mod status;

pub use self::{
    record::{Integration, Kind, NewGrant},
    rows::{Due, Integrations, Page},
    status::Status,
};
use crate::{
    id::OrgId,
    store::key::{self, Key},
};

/// Where a row is.
pub(crate) fn key_of(org: &OrgId, owner: &str, provider: &str, label: &str) -> Key {
    Key { pk: partition(org, owner), sk: key::join(&["p", provider, label]) }
}

/// The partition of the index of outside accounts.
pub(crate) fn account_of(family: &str, account: &str) -> String {
    key::join(&["a", family, account])
}

fn partition(org: &OrgId, owner: &str) -> String {
    key::join(&["o", org.as_str(), "u", owner])
}
