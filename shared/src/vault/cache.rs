//! Values that are costly to get: kept for five minutes at most, got once however many ask, bounded in number.
//!
//! What goes (by age, for room, replaced) is dropped here; the values themselves see to being overwritten. Failures are told
//! to all who waited and are never kept. It knows nothing of what it keeps.

use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt, Shared, WeakShared};

use super::Error;
use crate::clock::Clock;

/// How long a value is kept, in milliseconds.
const KEPT_FOR: i64 = 5 * 60 * 1000;

type Outcome<V> = Result<Arc<V>, Error>;
type Flight<V> = Shared<BoxFuture<'static, Outcome<V>>>;

pub(super) struct Cache<K, V> {
    slots: Mutex<Slots<K, V>>,
    clock: Clock,
}

struct Slots<K, V> {
    by_key: HashMap<K, Slot<V>>,
    /// No kept value was got before this, so nothing is too old as long as this is not.
    oldest: i64,
    most: usize,
}

enum Slot<V> {
    Ready {
        value: Arc<V>,
        since: i64,
        used: i64,
    },
    /// Held weakly: when all who wait have gone away the flight ends with them, and the next to ask starts another, rather
    /// than finding one that nobody has driven since.
    Awaited {
        flight: WeakShared<BoxFuture<'static, Outcome<V>>>,
        since: i64,
    },
}

impl<K: Clone + Eq + Hash, V> Cache<K, V> {
    /// Keeps `most` values.
    pub(super) fn new(most: usize, clock: Clock) -> Self {
        Self { slots: Mutex::new(Slots { by_key: HashMap::new(), oldest: i64::MAX, most }), clock }
    }

    /// The value kept, or else what `load` gives. `load` runs once for all who ask meanwhile.
    pub(super) async fn get<F>(&self, key: &K, load: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Outcome<V>> + Send + 'static,
    {
        self.get_or_replace(key, None, load).await
    }

    /// Like [`Cache::get`], but not content with `stale`: what replaced it meanwhile, or else what `load` gives.
    pub(super) async fn replace<F>(&self, key: &K, stale: &Arc<V>, load: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Outcome<V>> + Send + 'static,
    {
        self.get_or_replace(key, Some(stale), load).await
    }

    /// Keeps a value that was got by another way.
    pub(super) fn keep(&self, key: K, value: Arc<V>) {
        let now = self.now();
        self.lock(now).insert(key, Slot::Ready { value, since: now, used: now });
    }

    /// Drops a value.
    pub(super) fn forget(&self, key: &K) {
        self.lock(self.now()).by_key.remove(key);
    }

    async fn get_or_replace<F>(&self, key: &K, stale: Option<&Arc<V>>, load: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Outcome<V>> + Send + 'static,
    {
        let flight = {
            let now = self.now();
            let mut slots = self.lock(now);
            match slots.by_key.get_mut(key) {
                Some(Slot::Ready { value, used, .. }) if stale.is_none_or(|stale| !Arc::ptr_eq(stale, value)) => {
                    *used = now;
                    return Ok(value.clone());
                }
                Some(Slot::Awaited { flight, .. }) => flight.upgrade(),
                _ => None,
            }
            .unwrap_or_else(|| {
                let flight = load().boxed().shared();
                if let Some(weak) = flight.downgrade() {
                    slots.insert(key.clone(), Slot::Awaited { flight: weak, since: now });
                }
                flight
            })
        };
        let outcome = flight.clone().await;
        self.settle(key, &flight, &outcome);
        outcome
    }

    /// The first of those who waited writes the outcome down.
    fn settle(&self, key: &K, landed: &Flight<V>, outcome: &Outcome<V>) {
        let now = self.now();
        let mut slots = self.lock(now);
        let Some(Slot::Awaited { flight, since }) = slots.by_key.get(key) else { return };
        if !flight.upgrade().is_some_and(|flight| flight.ptr_eq(landed)) {
            return;
        }
        let since = *since;
        match outcome {
            // Its age counts from the question, not from the answer.
            Ok(value) => slots.insert(key.clone(), Slot::Ready { value: value.clone(), since, used: now }),
            Err(_) => drop(slots.by_key.remove(key)),
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// Whoever comes first after a value has grown too old takes it out, whatever it is looking for itself.
    fn lock(&self, now: i64) -> MutexGuard<'_, Slots<K, V>> {
        // A panic in here leaves at worst a value too few.
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.drop_old(now);
        slots
    }
}

impl<K: Clone + Eq + Hash, V> Slots<K, V> {
    fn drop_old(&mut self, now: i64) {
        if self.by_key.is_empty() || is_young(self.oldest, now) {
            return;
        }
        self.by_key.retain(|_, slot| slot.is_alive(now));
        self.oldest = self.by_key.values().map(Slot::since).min().unwrap_or(i64::MAX);
    }

    fn insert(&mut self, key: K, slot: Slot<V>) {
        if self.by_key.len() >= self.most && !self.by_key.contains_key(&key) {
            self.make_room();
        }
        self.oldest = self.oldest.min(slot.since());
        self.by_key.insert(key, slot);
    }

    /// Only ready values go: there are never more flights than requests, and none may lose those who wait for it.
    fn make_room(&mut self) {
        self.by_key.retain(|_, slot| !matches!(slot, Slot::Awaited { flight, .. } if flight.upgrade().is_none()));
        while self.by_key.len() >= self.most {
            let ready = self.by_key.iter().filter_map(|(key, slot)| Some((slot.used()?, key)));
            let Some(longest_unused) = ready.min_by_key(|(used, _)| *used).map(|(_, key)| key.clone()) else { break };
            self.by_key.remove(&longest_unused);
        }
    }
}

impl<V> Slot<V> {
    fn since(&self) -> i64 {
        match self {
            Self::Ready { since, .. } | Self::Awaited { since, .. } => *since,
        }
    }

    fn used(&self) -> Option<i64> {
        match self {
            Self::Ready { used, .. } => Some(*used),
            Self::Awaited { .. } => None,
        }
    }

    fn is_alive(&self, now: i64) -> bool {
        match self {
            Self::Ready { since, .. } => is_young(*since, now),
            Self::Awaited { flight, .. } => flight.upgrade().is_some(),
        }
    }
}

/// A clock that was set back must not lengthen a life.
fn is_young(since: i64, now: i64) -> bool {
    (0..KEPT_FOR).contains(&now.saturating_sub(since))
}

#[cfg(test)]
mod tests;
