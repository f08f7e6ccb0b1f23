//! Where the index of what is due has a row: spread over shards, by time.

use super::attribute as at;
use crate::store::expression::Change;

/// The shards of the index.
pub const SHARDS: u64 = 16;

/// Puts the row into the index at this time, or takes it out.
pub(crate) fn entry(id: &str, due_at: Option<i64>) -> Change {
    match due_at {
        Some(at) => Change::new().set(at::DUE_PK, partition(shard(id))).set(at::DUE_SK, format!("{}#{id}", moment(at))),
        None => Change::new().remove(&[at::DUE_PK, at::DUE_SK]),
    }
}

/// Times sort as text when they are all as long.
pub(super) fn moment(at: i64) -> String {
    format!("{:012}", at.max(0))
}

pub(super) fn partition(shard: u64) -> String {
    format!("due#{shard}")
}

/// The shard that an integration is in.
fn shard(id: &str) -> u64 {
    // FNV-1a: an even spread is all that is asked.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    hash % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Ids, IntegrationId};

    #[test]
    fn ids_spread_over_all_shards() {
        let ids = Ids::system();
        let shards: std::collections::BTreeSet<u64> =
            (0..2000).map(|_| shard(ids.make::<IntegrationId>().as_str())).collect();
        assert_eq!(shards.len(), 16);
    }

    #[test]
    fn what_falls_due_earlier_sorts_first() {
        assert!(moment(999_999_999) < moment(1_000_000_000));
    }
}
