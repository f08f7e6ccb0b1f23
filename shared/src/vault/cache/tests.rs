use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use tokio::sync::Notify;

use super::*;

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const A_MOMENT: Duration = Duration::from_millis(1);
/// A moment less.
const ALMOST_FIVE_MINUTES: Duration = Duration::from_millis(5 * 60 * 1000 - 1);

/// A cache, and how often it had to load.
struct Watched {
    cache: Cache<u8, String>,
    clock: Clock,
    loads: Arc<AtomicUsize>,
}

impl Watched {
    fn new(most: usize) -> Self {
        let clock = Clock::fake(Timestamp::UNIX_EPOCH);
        Self { cache: Cache::new(most, clock.clone()), clock, loads: Arc::default() }
    }

    async fn get(&self, key: u8) -> Outcome<String> {
        self.cache.get(&key, || self.load()).await
    }

    /// The nth load gives n.
    fn load(&self) -> impl Future<Output = Outcome<String>> + Send + 'static {
        let loads = self.loads.clone();
        async move { Ok(Arc::new((loads.fetch_add(1, Ordering::SeqCst) + 1).to_string())) }
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn a_value_is_kept_for_five_minutes_and_not_a_moment_longer() {
    let watched = Watched::new(8);
    watched.get(1).await.unwrap();
    watched.clock.advance(ALMOST_FIVE_MINUTES);
    assert_eq!(*watched.get(1).await.unwrap(), "1");
    watched.clock.advance(A_MOMENT);
    assert_eq!(*watched.get(1).await.unwrap(), "2");
}

#[tokio::test]
async fn what_is_too_old_is_dropped_by_whatever_is_asked_next() {
    let watched = Watched::new(8);
    let value = Arc::downgrade(&watched.get(1).await.unwrap());
    watched.get(2).await.unwrap();
    assert!(value.upgrade().is_some());
    watched.clock.advance(FIVE_MINUTES);
    watched.get(2).await.unwrap();
    assert!(value.upgrade().is_none());
}

#[tokio::test]
async fn a_clock_that_was_set_back_lengthens_no_life() {
    let now = Timestamp::UNIX_EPOCH.as_millisecond();
    assert!(!is_young(now, now - 1));
    assert!(!is_young(i64::MAX, i64::MIN));
}

#[tokio::test]
async fn a_value_is_as_old_as_the_question_for_it() {
    let watched = Watched::new(8);
    let (clock, load) = (watched.clock.clone(), watched.load());
    let slow = async move {
        clock.advance(ALMOST_FIVE_MINUTES);
        load.await
    };
    watched.cache.get(&1, || slow).await.unwrap();
    watched.clock.advance(A_MOMENT);
    assert_eq!(*watched.get(1).await.unwrap(), "2");
}

#[tokio::test]
async fn however_many_ask_it_is_loaded_once() {
    let watched = Watched::new(8);
    let (go, load) = (Arc::new(Notify::new()), watched.load());
    let held = go.clone();
    let first = watched.cache.get(&1, || async move {
        held.notified().await;
        load.await
    });
    let others = (0..50).map(|_| watched.get(1));
    let all = futures_util::future::join(first, futures_util::future::join_all(others));
    // It may go on only after all have asked.
    let ((first, others), ()) = futures_util::future::join(all, async { go.notify_one() }).await;
    assert_eq!(*first.unwrap(), "1");
    assert!(others.into_iter().all(|value| *value.unwrap() == "1"));
    assert_eq!(watched.loads(), 1);
}

#[tokio::test]
async fn a_failure_reaches_all_who_waited_and_is_not_kept() {
    let watched = Watched::new(8);
    let fail = || async {
        tokio::task::yield_now().await;
        Err(Error::Throttled)
    };
    let (one, other) = futures_util::future::join(watched.cache.get(&1, fail), watched.get(1)).await;
    assert!(matches!((one, other), (Err(Error::Throttled), Err(Error::Throttled))));
    assert_eq!(*watched.get(1).await.unwrap(), "1");
}

#[tokio::test]
async fn who_goes_away_leaves_no_dead_flight_behind() {
    let watched = Watched::new(8);
    let never = watched.cache.get(&1, futures_util::future::pending);
    assert!(never.now_or_never().is_none());
    assert_eq!(*watched.get(1).await.unwrap(), "1");
}

#[tokio::test]
async fn who_goes_away_takes_the_flight_from_nobody() {
    let watched = Watched::new(8);
    let (go, load) = (Arc::new(Notify::new()), watched.load());
    let held = go.clone();
    let slow = || async move {
        held.notified().await;
        load.await
    };
    let mut first = Box::pin(watched.cache.get(&1, slow));
    let mut second = Box::pin(watched.get(1));
    assert!(futures_util::poll!(&mut first).is_pending());
    assert!(futures_util::poll!(&mut second).is_pending());
    drop(first);
    go.notify_one();
    assert_eq!(*second.await.unwrap(), "1");
    assert_eq!(watched.loads(), 1);
}

#[tokio::test]
async fn a_stale_value_is_replaced_once() {
    let watched = Watched::new(8);
    let stale = watched.get(1).await.unwrap();
    for _ in 0..3 {
        let fresh = watched.cache.replace(&1, &stale, || watched.load()).await.unwrap();
        assert_eq!(*fresh, "2");
    }
    assert_eq!(watched.loads(), 2);
}

#[tokio::test]
async fn at_the_limit_the_one_unused_for_longest_goes() {
    let watched = Watched::new(3);
    for key in [1, 2, 3, 1] {
        watched.clock.advance(A_MOMENT);
        watched.get(key).await.unwrap();
    }
    watched.get(4).await.unwrap();
    let kept: Vec<u8> = watched.cache.slots.lock().unwrap().by_key.keys().copied().collect();
    assert_eq!(kept.len(), 3);
    assert!(!kept.contains(&2), "{kept:?}");
}

#[tokio::test]
async fn the_limit_holds_over_many() {
    let watched = Watched::new(16);
    for key in 0..=u8::MAX {
        watched.get(key).await.unwrap();
    }
    assert_eq!(watched.cache.slots.lock().unwrap().by_key.len(), 16);
}
