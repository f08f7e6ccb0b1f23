//! A map in memory that stays small by forgetting what was not used lately.
//!
//! Two generations: entries start in the young one; when that is full it becomes the old one and the former old one is
//! dropped. No scan, no timers. What must outlive the process does not belong here.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// At most `2 × half` entries.
pub(crate) struct Recent<K, V> {
    inside: Mutex<Generations<K, V>>,
    half: usize,
}

struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Holds at most twice `half` entries.
    pub(crate) fn new(half: usize) -> Self {
        Self { inside: Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }), half }
    }

    /// The entry, if it is remembered.
    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let inside = self.lock();
        inside.young.get(key).or_else(|| inside.old.get(key)).cloned()
    }

    /// Remembers an entry.
    pub(crate) fn put(&self, key: K, value: V) {
        let mut inside = self.lock();
        if inside.young.len() >= self.half {
            inside.old = std::mem::take(&mut inside.young);
        }
        inside.young.insert(key, value);
    }

    /// Keeps only the entries that `keep` wants.
    pub(crate) fn retain(&self, keep: impl Fn(&V) -> bool) {
        let mut inside = self.lock();
        inside.young.retain(|_, value| keep(value));
        inside.old.retain(|_, value| keep(value));
    }

    /// Replaces the entry by what `change` makes of it, in one step.
    pub(crate) fn change<R>(&self, key: K, change: impl FnOnce(Option<V>) -> (V, R)) -> R {
        let mut inside = self.lock();
        let found = inside.young.get(&key).or_else(|| inside.old.get(&key)).cloned();
        let (value, result) = change(found);
        if inside.young.len() >= self.half && !inside.young.contains_key(&key) {
            inside.old = std::mem::take(&mut inside.young);
        }
        inside.young.insert(key, value);
        result
    }

    // A poisoned lock means that a `change` panicked before it stored anything: the map is whole.
    fn lock(&self) -> MutexGuard<'_, Generations<K, V>> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stays_small_and_keeps_the_newest() {
        let recent = Recent::new(10);
        for n in 0..1000 {
            recent.put(n, n);
        }
        let kept: Vec<i32> = (0..1000).filter(|n| recent.get(n).is_some()).collect();
        assert!(kept.len() <= 20);
        assert!((990..1000).all(|n| kept.contains(&n)));
    }
}
