//! Where an integration's row is, and where the indexes find it.

use aws_lc_rs::digest::{SHA256, digest};

use super::attribute as at;
use crate::{
    auth::{Owner, Tenant},
    id::IntegrationId,
    store::{
        expression::Change,
        key::{self, Key},
    },
};

/// Over how many partitions the index of what is due is spread.
pub const SHARDS: u8 = 16;

/// One of an owner's connections to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    /// The provider's canonical id.
    pub provider: String,
    /// The owner's name for this connection; `default` where none is given.
    pub label: String,
}

impl Slot {
    /// The connection of this provider under this label.
    pub fn new(provider: &str, label: &str) -> Self {
        Self { provider: provider.to_owned(), label: label.to_owned() }
    }

    /// The row it stands in.
    pub fn key(&self, tenant: &Tenant) -> Key {
        Key { pk: partition(tenant), sk: key::join(&["p", &self.provider, &self.label]) }
    }
}

/// All of one owner's rows.
pub(super) fn partition(tenant: &Tenant) -> String {
    key::join(&["o", tenant.org().as_str(), "u", tenant.owner().as_str()])
}

/// Whose row this is. A job learns it from the row it was told to work on.
pub(super) fn tenant(key: &Key) -> Option<Tenant> {
    let parts = key::split(&key.pk);
    let [o, org, u, owner] = parts.as_slice() else { return None };
    if o != "o" || u != "u" {
        return None;
    }
    let owner = match owner.as_str() {
        "_org" => Owner::Organisation,
        id => Owner::User(id.parse().ok()?),
    };
    Some(Tenant::for_job(org.parse().ok()?, owner))
}

/// In which partition of the index an integration falls due.
pub fn shard(id: &IntegrationId) -> u8 {
    spread(id.as_str()) % SHARDS
}

/// A byte that is spread evenly whatever the text looks like.
pub(crate) fn spread(text: &str) -> u8 {
    digest(&SHA256, text.as_bytes()).as_ref().first().copied().unwrap_or_default()
}

pub(super) fn due_partition(shard: u8) -> String {
    format!("due#{shard}")
}

/// Times sort as text when they are all as long.
pub(super) fn due_sort(at: i64, id: &str) -> String {
    format!("{}#{id}", moment(at))
}

/// A time as the first part of a sort key.
pub(crate) fn moment(at: i64) -> String {
    format!("{:012}", at.max(0))
}

/// Puts the row into the index of what is due, or takes it out.
pub(crate) fn due(id: &IntegrationId, at: Option<i64>) -> Change {
    match at {
        Some(at) => {
            Change::new().set(at::DUE_PK, due_partition(shard(id))).set(at::DUE_SK, due_sort(at, id.as_str()))
        }
        None => Change::new().remove(&[at::DUE_PK, at::DUE_SK]),
    }
}

/// Where the index of outside accounts keeps all integrations of one account at one authorization server.
pub(super) fn account_partition(family: &str, account: &str) -> String {
    key::join(&["a", family, account])
}

/// Below it, those of one client.
pub(super) fn account_sort(client: &str, id: &str) -> String {
    key::join(&[client, id])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Ids, OrgId, UserId};

    #[test]
    fn a_row_tells_whose_it_is() {
        let ids = Ids::system();
        let (org, user): (OrgId, UserId) = (ids.make(), ids.make());
        for owner in [Owner::User(user), Owner::Organisation] {
            let whose = Tenant::for_job(org.clone(), owner);
            assert_eq!(tenant(&Slot::new("git#hub", "a#b").key(&whose)), Some(whose));
        }
    }

    #[test]
    fn what_falls_due_earlier_sorts_first() {
        assert!(due_sort(999_999_999, "z") < due_sort(1_000_000_000, "a"));
    }
}
