//! How long to leave a provider alone after a failure, and how long to wait for somebody else's refresh.

use std::time::Duration;

use crate::id::random;

/// The longest wait after the first failure, seconds; it doubles with each.
const FIRST: i64 = 5;
/// No wait is longer, seconds.
const LONGEST: i64 = 30 * 60;

/// Seconds to wait after so many failures in a row: anything up to the bound (full jitter), and never nothing.
pub fn back_off(failures: i64) -> i64 {
    1 + within(bound(failures) - 1)
}

/// The same between two bounds, in seconds.
pub fn between(least: i64, most: i64) -> i64 {
    least + within(most - least)
}

/// What to wait before looking again at a row that somebody else is refreshing, at the `turn`th look: 100 ms, doubling
/// up to 800, less up to half of it.
pub fn look_again(turn: u32) -> Duration {
    let whole = 100_u64 << turn.min(3);
    Duration::from_millis(whole - u64::from(random::<1>()[0]) * whole / 512)
}

fn bound(failures: i64) -> i64 {
    let doublings = u32::try_from(failures - 1).unwrap_or_default().min(20);
    (FIRST << doublings).min(LONGEST)
}

fn within(most: i64) -> i64 {
    let drawn = i64::from(u32::from_be_bytes(random()));
    drawn % (most.max(0) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert_eq!([1, 2, 3, 9, 10, 1000].map(bound), [5, 10, 20, 1280, 1800, 1800]);
        assert_eq!([0, -7].map(bound), [5, 5]);
    }

    #[test]
    fn a_wait_is_anything_up_to_its_bound() {
        let drawn: Vec<i64> = (0..4000).map(|_| back_off(3)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&1), Some(&20)));
    }

    #[test]
    fn looks_come_slower_but_not_in_step() {
        for (turn, most) in [(0, 100), (1, 200), (3, 800), (40, 800)] {
            let wait = u64::try_from(look_again(turn).as_millis()).unwrap();
            assert!((most / 2..=most).contains(&wait), "{wait}");
        }
    }
}
