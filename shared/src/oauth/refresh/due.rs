//! When an integration comes up by itself: before its token gets stale where it is in use, rarely where it is not.
//!
//! Pure but for the jitter, which spreads what was connected at the same moment.

use crate::{
    id::random,
    providers::Provider,
    store::{
        expression::Change,
        integrations::{attribute as at, protocol::View},
    },
};

use super::decide;

/// An integration counts as in use for so long after it was lent, seconds.
const IN_USE: i64 = 24 * 3600;
/// How often the time of the last loan is written, seconds.
const NOTED: i64 = 3600;
/// The shards of the index.
pub const SHARDS: u64 = 16;

/// Whether a loan now is worth writing down.
pub(crate) fn worth_noting(last_used: Option<i64>, now: i64) -> bool {
    last_used.is_none_or(|last| now - last >= NOTED)
}

/// What decides when a row comes up.
pub(crate) struct Grounds<'a> {
    /// The provider, whose file says how long an idle refresh token lives.
    pub(crate) provider: &'a Provider,
    /// Refresh also what nobody reads.
    pub(crate) all: bool,
    /// When it was lent last.
    pub(crate) last_used: Option<i64>,
}

/// When a row in this state comes up; `None` where nothing is ever to be done by itself.
pub(crate) fn due_at(view: &View, grounds: &Grounds<'_>, now: i64) -> Option<i64> {
    if !view.refreshable {
        // Nothing can renew it; it comes up once, to be marked as ended.
        return view.expires_at;
    }
    let in_use = grounds.all || grounds.last_used.is_some_and(|last| now - last < IN_USE);
    let before_stale = decide::stale_at(view).filter(|_| in_use).map(|stale| {
        let margin = view.expires_at.map_or(0, |end| end - stale);
        stale - margin + spread(margin)
    });
    let keep_alive = grounds.provider.oauth2().and_then(|oauth2| oauth2.refresh.as_ref()).and_then(|refresh| {
        let days = i64::from(refresh.keep_alive_days?);
        let life = days * 86_400;
        Some(view.refreshed_at.unwrap_or(now) + life * 7 / 10 + spread(life / 10))
    });
    [before_stale, keep_alive].into_iter().flatten().min().map(|at| at.max(view.retry_at.unwrap_or(at)))
}

/// Puts the row into the index at this time, or takes it out.
pub(crate) fn entry(id: &str, due_at: Option<i64>) -> Change {
    match due_at {
        Some(at) => Change::new().set(at::DUE_PK, shard(id)).set(at::DUE_SK, format!("{at:012}#{id}")),
        None => Change::new().remove(&[at::DUE_PK, at::DUE_SK]),
    }
}

/// The partition of the index that an integration is in.
pub fn shard(id: &str) -> String {
    // FNV-1a: an even spread is all that is asked.
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("due#{}", hash % SHARDS)
}

/// Somewhere in `0..width`.
fn spread(width: i64) -> i64 {
    let width = u64::try_from(width).unwrap_or_default().max(1);
    i64::try_from(u64::from_be_bytes(random()) % width).unwrap_or_default()
}

/// When to try again after the `count`-th failure in a row: full jitter up to a limit that doubles.
pub(crate) fn retry_at(now: i64, count: i64, at_least: Option<std::time::Duration>) -> i64 {
    let doublings = u32::try_from(count.clamp(1, 8) - 1).unwrap_or_default();
    let limit = (30_i64 << doublings).min(3600);
    let told = at_least.map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX).min(86_400));
    now + told + 1 + spread(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_wait_longer_and_longer_and_never_over_an_hour() {
        for count in 1..40 {
            let at = retry_at(1000, count, None);
            let limit = (30_i64 << (count.clamp(1, 8) - 1)).min(3600);
            assert!(at > 1000 && at <= 1000 + limit, "{count}: {at}");
        }
    }

    #[test]
    fn a_provider_that_names_a_time_is_waited_for() {
        assert!(retry_at(1000, 1, Some(std::time::Duration::from_secs(600))) > 1600);
    }

    #[test]
    fn ids_spread_over_all_shards() {
        let ids = crate::id::Ids::system();
        let shards: std::collections::BTreeSet<String> =
            (0..2000).map(|_| shard(ids.make::<crate::id::IntegrationId>().as_str())).collect();
        assert_eq!(shards.len(), 16);
    }
}
