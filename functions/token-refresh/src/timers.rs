//! Works on the timers that are due: gives the tokens of ended connections back to their providers, and does errands.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt, stream};
use shared::{
    app::App,
    oauth::{
        refresh,
        revoke::{self, GivenBack},
    },
    observe,
    store::timers::{Revocation, Timer},
};

use crate::{Error, errands, work::Deadline};

/// So many timers are read at once.
const PAGE: i32 = 50;
/// So many errands are done at once, and so many providers are told something.
const AT_ONCE: usize = 8;
/// Of one provider's tokens, so many are given back at once.
const AT_ONE_PROVIDER: usize = 4;
/// How long an errand may take, giving tokens back, which is two calls of a provider's, and two writes, seconds.
const ERRAND: i64 = 35;
const GIVE_BACK: i64 = 45;
const PUT_OFF: i64 = 10;
/// After so long a provider that takes nothing back is left alone, seconds: by then its access tokens have ended.
const GIVE_UP: i64 = 3 * 24 * 60 * 60;
/// What stands in the way on our side has so long to be mended, seconds: the provider would take them back.
const GIVE_UP_OURS: i64 = 30 * 24 * 60 * 60;
/// The first wait after a failure, and the longest, seconds.
const FIRST: i64 = 60;
const LONGEST: i64 = 6 * 60 * 60;
/// The longest for tokens that were renewed to be given back, seconds: they must not end before.
const LONGEST_RENEWED: i64 = 10 * 60;

/// One look at a shard's timers.
struct Look<'a> {
    app: &'a App,
    deadline: &'a Deadline,
    /// The providers that have not answered: the rest of their tokens come later.
    silent: Mutex<HashSet<String>>,
}

/// Works on everything in the shard that is due. A provider that hangs holds up its own tokens, and neither a mail nor what
/// others are to take back.
pub(crate) async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let (now, look) = (app.clock.epoch(), Look { app, deadline, silent: Mutex::default() });
    // Each ends with its row gone or moved to a later time; where there is no time left for any, the loop ends.
    while look.page(app.store.due_timers(shard, now, PAGE).await?).await? {}
    Ok(())
}

impl Look<'_> {
    /// Whether anything of the page was done or put off.
    async fn page(&self, due: Vec<Timer>) -> Result<bool, Error> {
        let (mut errands, mut revocations) = (Vec::new(), BTreeMap::<String, Vec<Revocation>>::new());
        for timer in due {
            match timer {
                Timer::Errand(errand) => errands.push(errand),
                Timer::Revocation(left) => revocations.entry(left.provider.clone()).or_default().push(*left),
            }
        }
        let errands = stream::iter(errands).map(async |errand| {
            // Each waits for its turn, and what is left of the time by then counts.
            if !self.deadline.allows(ERRAND) {
                return Ok(false);
            }
            errands::run(self.app, &errand).await.map(|()| true)
        });
        let revocations = stream::iter(revocations.into_values()).map(async |left| {
            let told = stream::iter(left).map(async |left| self.give_back(left).await);
            any(told.buffer_unordered(AT_ONE_PROVIDER)).await
        });
        let errands = any(errands.buffer_unordered(AT_ONCE));
        let (done, told) = tokio::join!(errands, any(revocations.buffer_unordered(AT_ONCE)));
        Ok(done? | told?)
    }

    /// Whether it was done or put off, and not left for want of time.
    async fn give_back(&self, mut left: Revocation) -> Result<bool, Error> {
        if !self.deadline.allows(PUT_OFF) {
            return Ok(false);
        }
        if self.silent(|silent| silent.contains(&left.provider)) {
            self.put_off(&left, LONGEST).await?;
            return Ok(true);
        }
        if !self.deadline.allows(GIVE_BACK) {
            return Ok(false);
        }
        let given_back = revoke::give_back(self.app, &mut left).await;
        let (integration, provider) = (&left.integration, left.provider.as_str());
        match given_back {
            Ok(GivenBack::Renewed) => self.put_off(&left, LONGEST_RENEWED).await?,
            Ok(GivenBack::Unanswered) => {
                self.silent(|silent| silent.insert(left.provider.clone()));
                self.later(&left, GIVE_UP).await?;
            }
            Ok(GivenBack::Later) => self.later(&left, GIVE_UP).await?,
            Ok(done) => {
                tracing::info!(%integration, provider, result = ?done, "tokens of an ended connection");
                observe::count(self.app, "Revocations", 1);
                self.app.store.clear_timer(&left).await?;
            }
            Err(error) => {
                tracing::warn!(%integration, provider, %error, "tokens were not given back yet");
                self.later(&left, GIVE_UP_OURS).await?;
            }
        }
        Ok(true)
    }

    async fn later(&self, left: &Revocation, give_up: i64) -> Result<(), Error> {
        if self.app.clock.epoch() - left.since < give_up {
            return self.put_off(left, LONGEST).await;
        }
        let (integration, provider) = (&left.integration, left.provider.as_str());
        tracing::error!(%integration, provider, tries = left.tries, "given up: the provider takes no token back");
        observe::count(self.app, "RevocationsGivenUp", 1);
        Ok(self.app.store.clear_timer(left).await?)
    }

    async fn put_off(&self, left: &Revocation, longest: i64) -> Result<(), Error> {
        let wait = (FIRST << left.tries.min(10)).min(longest);
        let due_at = self.app.clock.epoch() + refresh::jittered(wait);
        Ok(self.app.store.reset_timer(left, due_at).await?)
    }

    fn silent<T>(&self, with: impl FnOnce(&mut HashSet<String>) -> T) -> T {
        with(&mut self.silent.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether any of them is true. The first error, once all have ended.
async fn any(all: impl stream::Stream<Item = Result<bool, Error>>) -> Result<bool, Error> {
    let either = |one: Result<bool, Error>, other: Result<bool, Error>| Ok(one? | other?);
    all.fold(Ok(false), |one, other| std::future::ready(either(one, other))).await
}
