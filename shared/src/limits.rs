//! How much a caller may ask: people by windows that all instances share, service keys by a window in this instance, so
//! that a warm token read writes nothing.
//!
//! Sign-ins have limits of their own, in [`crate::auth`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    app::App,
    config::Window,
    http::{Code, Error},
    recent::Recent,
    store::guards::{Count, Counted},
};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// What this instance remembers of callers.
pub struct Limits {
    /// Callers over a limit, and since when they may come back: refused without another write.
    blocked: Recent<String, (i64, Count)>,
    /// Service keys: bucket, count in it, count in the one before.
    keys: Recent<String, (i64, u32, u32)>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { blocked: Recent::new(10_000), keys: Recent::new(10_000) }
    }
}

impl Limits {
    /// Counts a person's request; `operation` is method and path template.
    pub async fn person(&self, app: &App, person: &str, operation: &str) -> Result<Rate, Error> {
        let name = format!("{person} {operation}");
        let now = app.clock.now().as_millisecond();
        if let Some((until, count)) = self.blocked.get(&name)
            && until > now
        {
            return Err(refusal(&count, Duration::from_millis(until.abs_diff(now))));
        }
        let counted = app.store.count(&["rate", person, operation], &app.config.limits.person).await?;
        if let Some(count) = counted.counts.iter().find(|count| count.is_over()) {
            let wait = count.wait();
            self.blocked.put(name, (now + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX), *count));
            return Err(refusal(count, wait));
        }
        Ok(counted.counts.iter().map(Rate::of).min_by_key(|rate| rate.remaining).unwrap_or_default())
    }

    /// Counts a service key's request in this instance.
    pub fn key(&self, app: &App, key: &str, operation: &str) -> Result<Rate, Error> {
        let window = app.config.limits.key;
        let now = app.clock.now().as_millisecond();
        let per = i64::try_from(window.per.as_millis()).unwrap_or(i64::MAX).max(1);
        let bucket = now.div_euclid(per);
        let count = self.keys.change(format!("{key} {operation}"), |found| {
            let (current, previous) = match found {
                Some((at, current, previous)) if at == bucket => (current.saturating_add(1), previous),
                Some((at, last, _)) if at == bucket - 1 => (1, last),
                _ => (1, 0),
            };
            let into = Duration::from_millis(now.rem_euclid(per).unsigned_abs());
            ((bucket, current, previous), Count { window, current, previous, into })
        });
        if count.is_over() { Err(refusal(&count, count.wait())) } else { Ok(Rate::of(&count)) }
    }
}

impl Count {
    /// How many lie in the window that ends now.
    pub fn weighted(&self) -> u32 {
        let (per, left) = (self.window.per.as_millis().max(1), self.window.per.saturating_sub(self.into).as_millis());
        let old = (u128::from(self.previous) * left).div_ceil(per);
        self.current.saturating_add(u32::try_from(old).unwrap_or(u32::MAX))
    }

    /// Whether the one just counted was too many.
    pub fn is_over(&self) -> bool {
        self.weighted() > self.window.max
    }

    /// How long until one more would be let through.
    pub fn wait(&self) -> Duration {
        let per = self.window.per;
        let rest = per.saturating_sub(self.into);
        // In this bucket the older count fades while the current one stays; in the next, the current one fades.
        let (fading, staying, from) = if self.current < self.window.max {
            (self.previous, self.current, Duration::ZERO)
        } else {
            (self.current, 0, rest)
        };
        let room = self.window.max.saturating_sub(staying).saturating_sub(1);
        let fraction = if fading <= room { 0.0 } else { 1.0 - f64::from(room) / f64::from(fading) };
        let faded = per.mul_f64(fraction);
        let wait = if from.is_zero() { faded.saturating_sub(self.into) } else { from + faded };
        wait.clamp(Duration::from_millis(1), per * 2)
    }
}

/// What is left to a caller, for the answer's headers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Requests in a window.
    pub limit: u32,
    /// Of these, not yet used.
    pub remaining: u32,
    /// Seconds until more are there.
    pub reset: u64,
}

impl Rate {
    fn of(count: &Count) -> Self {
        Self {
            limit: count.window.max,
            remaining: count.window.max.saturating_sub(count.weighted()),
            reset: seconds(count.window.per.saturating_sub(count.into)),
        }
    }

    fn write(self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

fn refusal(count: &Count, wait: Duration) -> Error {
    let period = if count.window.per.as_secs() >= 3600 { "hour" } else { "minute" };
    let sentence = format!("Rate limit exceeded - too many requests per {period}");
    too_many(sentence, count.window, wait)
}

/// Refuses what was just counted, where that was too many of any window.
pub fn hold(counted: &Counted, sentence: &str) -> Result<(), Error> {
    let over = counted.counts.iter().find(|count| count.is_over());
    over.map_or(Ok(()), |over| Err(too_many(sentence, over.window, over.wait())))
}

/// The refusal of one more than the window holds, until after `wait`.
pub(crate) fn too_many(sentence: impl Into<String>, window: Window, wait: Duration) -> Error {
    Error::new(Code::RateLimited, sentence)
        .retry_after(seconds(wait))
        .header(LIMIT, window.max)
        .header(REMAINING, 0)
        .header(RESET, seconds(wait))
}

/// Whole seconds, rounded up: who waits that long is let in.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Where the extractor leaves the rate for the layer that writes the answer's headers.
#[derive(Clone, Default)]
pub struct Slot(Arc<Mutex<Option<Rate>>>);

impl Slot {
    /// Leaves the rate.
    pub fn put(&self, rate: Rate) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rate);
    }

    /// Writes the headers, if there is a rate and none are there.
    pub fn write(&self, headers: &mut HeaderMap) {
        let rate = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rate) = rate
            && !headers.contains_key(LIMIT)
        {
            rate.write(headers);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Window;

    fn count(max: u32, current: u32, previous: u32, into: u64) -> Count {
        let window = Window { max, per: Duration::from_mins(1) };
        Count { window, current, previous, into: Duration::from_secs(into) }
    }

    #[test]
    fn half_way_through_a_minute_half_of_the_last_one_counts() {
        assert_eq!(count(60, 10, 40, 30).weighted(), 30);
        assert_eq!(count(60, 10, 40, 59).weighted(), 11);
        assert!(!count(60, 60, 0, 5).is_over());
        assert!(count(60, 61, 0, 5).is_over());
    }

    proptest! {
        /// Coming back after the time told, with nothing in between, always gets through; and hardly earlier.
        #[test]
        fn who_waits_as_told_is_let_in(max in 1_u32..100, current in 0_u32..300, previous in 0_u32..300, into in 0_u64..60) {
            let now = count(max, current, previous, into);
            let back = now.into + now.wait() + Duration::from_millis(1);
            let per = now.window.per;
            let then = if back < per {
                Count { current: current + 1, into: back, ..now }
            } else if back < per * 2 {
                Count { current: 1, previous: current, into: back.saturating_sub(per), ..now }
            } else {
                Count { current: 1, previous: 0, into: Duration::ZERO, ..now }
            };
            prop_assert!(!then.is_over(), "{then:?} after {:?}", now.wait());
        }
    }
}
