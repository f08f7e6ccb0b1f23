//! Integrations: one user's stored connection to a provider.
//!
//! One row each, at organisation and owner, provider and label, so that a read is one `GetItem` and a second connection
//! in the same slot cannot come about. Secrets are in it only as the vault seals them.

pub mod attribute;
pub mod due;
mod edit;
mod health;
mod new_grant;
mod noted;
mod of_org;
pub mod protocol;
mod record;
mod rows;
mod status;

pub use self::{
    edit::Edit,
    new_grant::NewGrant,
    record::{Integration, Kind, Provenance},
    rows::{Due, Integrations, Page},
    status::Status,
};
use crate::{
    id::OrgId,
    store::{
        expression,
        key::{self, Key},
    },
};

/// Where a row is.
pub(crate) fn key_of(org: &OrgId, owner: &str, provider: &str, label: &str) -> Key {
    Key { pk: partition(org, owner), sk: key::join(&["p", provider, label]) }
}

/// The partition of the index of outside accounts.
pub(crate) fn account_of(family: &str, account: &str) -> String {
    key::join(&["a", family, account])
}

/// What the name of a kind of credential begins with that no provider file describes. No provider's id holds a colon, so
/// nothing that is kept under such a name is ever sent anywhere.
pub const CUSTOM: &str = "custom:";

/// Where the index of an organisation's integrations has a row.
pub(crate) fn org_entry(org: &OrgId, owner: &str, provider: &str, label: &str) -> [(expression::Attribute, String); 2] {
    let key = key_of(org, owner, provider, label);
    [(attribute::ORG_PK, of_org::partition(org)), (attribute::ORG_SK, of_org::sort(owner, &key.sk))]
}

fn partition(org: &OrgId, owner: &str) -> String {
    key::join(&["o", org.as_str(), "u", owner])
}
