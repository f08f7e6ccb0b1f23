//! Breakers: after a mistake of the operator's, or a burst of dead grants, a provider is left alone for a while.
//!
//! Nobody is disconnected for what is not about their own grant. Kept in memory: each instance finds out by itself, by
//! one call, and forgets when it is recycled.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a provider is left alone, seconds: at first, and at most.
const FIRST: i64 = 30;
const LONGEST: i64 = 900;
/// So many dead grants within [`BURST_WINDOW`] seconds, with no refresh that worked between them, are not people's doing.
const BURST: u32 = 10;
const BURST_WINDOW: i64 = 60;

/// The breakers of all providers, by slug and client.
#[derive(Default)]
pub(crate) struct Breakers(Mutex<HashMap<String, State>>);

#[derive(Clone, Copy, Default)]
struct State {
    open_until: i64,
    pause: i64,
    dead: u32,
    dead_since: i64,
}

impl Breakers {
    /// Until when this provider is left alone, if it is. After that one call finds out.
    pub(crate) fn open(&self, provider: &str, now: i64) -> Option<i64> {
        let state = self.with(provider, |state| *state);
        (state.open_until > now).then_some(state.open_until)
    }

    /// A refresh worked.
    pub(crate) fn worked(&self, provider: &str) {
        self.with(provider, |state| *state = State::default());
    }

    /// The operator's client was refused: longer each time.
    pub(crate) fn operators_mistake(&self, provider: &str, now: i64) {
        self.with(provider, |state| {
            state.pause = (state.pause * 2).clamp(FIRST, LONGEST);
            state.open_until = now + state.pause;
        });
    }

    /// A grant was called dead. `true` where so many were, so fast, that it is not to be believed.
    pub(crate) fn dead_grant(&self, provider: &str, now: i64) -> bool {
        self.with(provider, |state| {
            if now - state.dead_since > BURST_WINDOW {
                (state.dead, state.dead_since) = (0, now);
            }
            state.dead += 1;
            let burst = state.dead > BURST;
            if burst {
                state.pause = (state.pause * 2).clamp(FIRST, LONGEST);
                state.open_until = now + state.pause;
            }
            burst
        })
    }

    fn with<T>(&self, provider: &str, act: impl FnOnce(&mut State) -> T) -> T {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(all.entry(provider.to_owned()).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operators_mistake_pauses_longer_each_time_until_it_is_mended() {
        let breakers = Breakers::default();
        breakers.operators_mistake("acme", 1000);
        assert_eq!(breakers.open("acme", 1000), Some(1030));
        assert_eq!(breakers.open("acme", 1030), None);
        breakers.operators_mistake("acme", 1030);
        assert_eq!(breakers.open("acme", 1030), Some(1090));
        assert_eq!(breakers.open("other", 1030), None);
        breakers.worked("acme");
        assert_eq!(breakers.open("acme", 1030), None);
    }

    #[test]
    fn a_burst_of_dead_grants_is_not_believed_and_single_ones_are() {
        let breakers = Breakers::default();
        for at in 0..10 {
            assert!(!breakers.dead_grant("acme", 1000 + at));
        }
        assert!(breakers.dead_grant("acme", 1010));
        assert!(breakers.open("acme", 1011).is_some());
        assert!(!breakers.dead_grant("acme", 2000));
    }
}
