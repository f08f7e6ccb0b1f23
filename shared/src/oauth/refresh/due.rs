//! When an integration comes up by itself: before its token gets stale where it is in use, rarely where it is not.
//!
//! Pure but for the jitter, which spreads what was connected at the same moment.

use crate::{
    id::random,
    providers::Provider,
    store::integrations::{Kind, protocol::View},
};

use super::decide;
pub(crate) use crate::store::integrations::due::entry;

/// An integration counts as in use for so long after it was lent, seconds.
const IN_USE: i64 = 24 * 3600;
/// How often the time of the last loan is written, seconds.
const NOTED: i64 = 3600;

/// Whether a loan now is worth writing down.
pub(crate) fn worth_noting(last_used: Option<i64>, now: i64) -> bool {
    last_used.is_none_or(|last| now - last >= NOTED)
}

/// What decides when a row comes up.
pub(crate) struct Grounds<'a> {
    /// The provider, whose file says how long an idle refresh token lives.
    pub(crate) provider: &'a Provider,
    /// What is inside: only a refresh token dies unused.
    pub(crate) kind: Kind,
    /// Refresh also what nobody reads.
    pub(crate) all: bool,
    /// When it was lent last.
    pub(crate) last_used: Option<i64>,
}

/// When a row in this state comes up; `None` where nothing is ever to be done by itself.
pub(crate) fn due_at(view: &View, grounds: &Grounds<'_>, now: i64) -> Option<i64> {
    span(view, grounds, now).map(|(from, width)| from + spread(width))
}

/// From when on, and over how many seconds those that were connected together are spread.
pub(super) fn span(view: &View, grounds: &Grounds<'_>, now: i64) -> Option<(i64, i64)> {
    if !view.refreshable {
        // Nothing can renew it; it comes up once, to be marked as ended.
        return view.expires_at.map(|end| (end, 0));
    }
    let in_use = grounds.all || grounds.last_used.is_some_and(|last| now - last < IN_USE);
    let before_stale = decide::stale_at(view).filter(|_| in_use).map(|stale| {
        // A whole margin is left at the end: the schedule comes round once a minute, and readers must not be first.
        let margin = view.expires_at.map_or(0, |end| end - stale);
        (stale - 2 * margin, margin)
    });
    let oauth2 = grounds.provider.oauth2().filter(|_| grounds.kind == Kind::Oauth);
    let keep_alive = oauth2.and_then(|oauth2| oauth2.refresh.as_ref()).and_then(|refresh| {
        let life = i64::from(refresh.keep_alive_days?) * 86_400;
        Some((view.refreshed_at.unwrap_or(now) + life * 7 / 10, life / 10))
    });
    let (from, width) = [before_stale, keep_alive].into_iter().flatten().min()?;
    Some((from.max(view.retry_at.unwrap_or(from)), width))
}

/// Half of a wait at least, and all of it at most: so that what failed together does not come again together.
pub fn jittered(wait: i64) -> i64 {
    wait - spread(wait / 2)
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
    use crate::providers::Catalogue;

    const DAY: i64 = 86_400;

    fn hourly() -> View {
        View { expires_at: Some(3600), refreshed_at: Some(0), refreshable: true, ..View::default() }
    }

    fn in_days(view: &View, keep_alive: bool, last_used: Option<i64>, all: bool, now: i64) -> Option<(i64, i64)> {
        let catalogue = Catalogue::new(None);
        let slug = if keep_alive { "google" } else { "dropbox" };
        let provider = catalogue.get(slug).unwrap().unwrap();
        span(view, &Grounds { provider: &provider, kind: Kind::Oauth, all, last_used }, now)
    }

    #[test]
    fn one_in_use_is_refreshed_before_any_reader_would_have_to_wait() {
        assert_eq!(in_days(&hourly(), false, Some(0), false, 10), Some((2700, 300)));
        let minute = View { expires_at: Some(60), ..hourly() };
        assert_eq!(in_days(&minute, false, Some(0), false, 10), Some((24, 12)));
    }

    #[test]
    fn an_idle_one_is_left_alone_unless_the_operator_wants_all() {
        assert_eq!(in_days(&hourly(), false, None, false, 10), None);
        assert_eq!(in_days(&hourly(), false, Some(0), false, 2 * DAY), None);
        assert!(in_days(&hourly(), false, None, true, 10).is_some());
    }

    #[test]
    fn an_idle_one_is_kept_alive_as_its_provider_demands() {
        let (from, width) = in_days(&hourly(), true, None, false, 10).unwrap();
        assert!(from > 100 * DAY && from + width < 180 * DAY, "{from} {width}");
    }

    #[test]
    fn what_cannot_be_renewed_is_looked_at_when_it_ends() {
        let ends = View { refreshable: false, ..hourly() };
        assert_eq!(in_days(&ends, true, Some(0), true, 10), Some((3600, 0)));
        assert_eq!(in_days(&View { expires_at: None, ..ends }, true, Some(0), true, 10), None);
    }

    #[test]
    fn a_token_without_an_end_is_not_refreshed_by_time() {
        assert_eq!(in_days(&View { expires_at: None, ..hourly() }, false, Some(0), true, 10), None);
    }

    #[test]
    fn a_failure_puts_it_off() {
        let failed = View { retry_at: Some(5000), ..hourly() };
        assert_eq!(in_days(&failed, false, Some(0), false, 10).map(|(from, _)| from), Some(5000));
    }

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
        assert!(retry_at(1000, 1, Some(std::time::Duration::from_mins(10))) > 1600);
    }
}
