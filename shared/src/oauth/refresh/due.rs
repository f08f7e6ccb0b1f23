//! When an integration is to be refreshed by the schedule, so that nobody waits for it and nobody's is refreshed for
//! nothing.

use super::decide::margin;
use crate::store::integrations::{Integration, spread};

/// Who was lent within this time counts as in use, in seconds.
const IN_USE: i64 = 24 * 60 * 60;
const DAY: i64 = 24 * 60 * 60;

/// What it depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// When the access token ends.
    pub expires_at: Option<i64>,
    /// When it was given.
    pub refreshed_at: i64,
    /// Whether it can be renewed.
    pub refreshable: bool,
    /// When it was lent last.
    pub last_used_at: Option<i64>,
    /// Not before this time, after a failure.
    pub retry_at: Option<i64>,
    /// Days after which the provider drops a refresh token that nobody uses.
    pub keep_alive_days: Option<u32>,
    /// Whether all are refreshed, in use or not.
    pub all: bool,
    /// Spreads those that were connected together: any byte that stays the same for one grant.
    pub spread: u8,
}

impl Facts {
    /// Of a stored integration.
    pub fn of(integration: &Integration, keep_alive_days: Option<u32>, all: bool) -> Self {
        let view = integration.view();
        Self {
            expires_at: view.expires_at,
            refreshed_at: view.refreshed_at.unwrap_or_else(|| integration.created_at.as_second()),
            refreshable: view.refreshable,
            last_used_at: integration.last_used_at.map(jiff::Timestamp::as_second),
            retry_at: view.retry_at,
            keep_alive_days,
            all,
            spread: spread(&format!("{}{}", integration.id, integration.grant)),
        }
    }
}

/// When to look at it next; `None` where nothing will ever be due.
///
/// In use: between two and three margins before the token counts as ended, which is one margin before a reader would
/// have to wait. Idle: when nine tenths of what the provider keeps it alive for are over. Without a refresh token: at its
/// end, so that the status can say so.
pub fn due_at(facts: &Facts, now: i64) -> Option<i64> {
    if !facts.refreshable {
        return facts.expires_at;
    }
    let in_use = facts.all || facts.last_used_at.is_some_and(|used| used + IN_USE > now);
    let early = facts.expires_at.filter(|_| in_use).map(|end| {
        let margin = margin(end - facts.refreshed_at);
        end - 2 * margin - part(margin, facts.spread)
    });
    let alive = facts.keep_alive_days.map(|days| {
        let life = i64::from(days) * DAY;
        facts.refreshed_at + life * 9 / 10 - part(life / 20, facts.spread)
    });
    let due = early.into_iter().chain(alive).min()?;
    Some(facts.retry_at.map_or(due, |retry| due.max(retry)))
}

/// As much of `whole` as `spread` is of 256.
fn part(whole: i64, spread: u8) -> i64 {
    whole * i64::from(spread) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hourly() -> Facts {
        Facts {
            expires_at: Some(3600),
            refreshable: true,
            last_used_at: Some(0),
            ..Facts::default()
        }
    }

    #[test]
    fn one_in_use_is_refreshed_before_any_reader_would_wait() {
        for spread in [0, 100, 255] {
            let due = due_at(&Facts { spread, ..hourly() }, 10).unwrap();
            assert!((3600 - 900..=3600 - 600).contains(&due), "{due}");
        }
    }

    #[test]
    fn a_token_of_a_minute_is_not_due_at_once() {
        let due = due_at(&Facts { expires_at: Some(60), spread: 255, ..hourly() }, 0).unwrap();
        assert!((24..=36).contains(&due), "{due}");
    }

    #[test]
    fn an_idle_one_is_left_alone() {
        assert_eq!(due_at(&Facts { last_used_at: None, ..hourly() }, 10), None);
        assert_eq!(due_at(&hourly(), 2 * DAY), None);
    }

    #[test]
    fn an_idle_one_is_kept_alive_in_time() {
        let facts = Facts { last_used_at: None, keep_alive_days: Some(90), ..hourly() };
        for spread in [0, 255] {
            let due = due_at(&Facts { spread, ..facts.clone() }, 10).unwrap();
            assert!((76 * DAY..=81 * DAY).contains(&due), "{due}");
        }
    }

    #[test]
    fn all_are_refreshed_where_the_operator_says_so() {
        assert!(due_at(&Facts { last_used_at: None, all: true, ..hourly() }, 10).is_some());
    }

    #[test]
    fn one_that_cannot_be_renewed_is_looked_at_when_it_ends() {
        assert_eq!(due_at(&Facts { refreshable: false, ..hourly() }, 10), Some(3600));
        assert_eq!(due_at(&Facts { refreshable: false, expires_at: None, ..hourly() }, 10), None);
    }

    #[test]
    fn a_token_without_an_end_is_never_due_by_time() {
        assert_eq!(due_at(&Facts { expires_at: None, ..hourly() }, 10), None);
    }

    #[test]
    fn a_failure_puts_it_off() {
        assert_eq!(due_at(&Facts { retry_at: Some(5000), ..hourly() }, 10), Some(5000));
    }
}
