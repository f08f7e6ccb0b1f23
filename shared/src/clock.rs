//! The one source of time, injected so that tests can turn it.
//!
//! Nothing else in the house reads the system's clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;

/// Tells the time. Cheap to clone; clones of a fake one share its hands.
#[derive(Clone)]
pub struct Clock(Hands);

#[derive(Clone)]
enum Hands {
    System,
    Fake(Arc<AtomicI64>),
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(Hands::System)
    }

    /// A clock that stands still at `start` until it is moved with [`Clock::advance`].
    pub fn fake(start: Timestamp) -> Self {
        Self(Hands::Fake(Arc::new(AtomicI64::new(start.as_millisecond()))))
    }

    /// Now, to the microsecond.
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the one home of the system's clock")]
            Hands::System => at(Timestamp::now().as_microsecond()),
            Hands::Fake(millis) => at(millis.load(Ordering::SeqCst).saturating_mul(1000)),
        }
    }

    /// Seconds since 1970, as the store keeps time.
    pub fn epoch(&self) -> i64 {
        self.now().as_second()
    }

    /// Waits. A fake clock does not wait: it moves its hands and lets other tasks run.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Hands::System => tokio::time::sleep(duration).await,
            Hands::Fake(_) => {
                self.advance(duration);
                tokio::task::yield_now().await;
            }
        }
    }

    /// Moves a fake clock forward; the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Hands::Fake(millis) = &self.0 {
            millis.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

/// Answers show times, and hardly a client's language reads more than six places of a second.
fn at(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
}
