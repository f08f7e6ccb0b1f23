//! Works on the timers that are due: gives the tokens of ended connections back to their providers, and does errands.

use shared::{
    app::App,
    oauth::revoke::{self, GivenBack},
    observe,
    store::timers::{Revocation, Timer},
};

use crate::{Error, errands, work::Deadline};

/// So many timers are read at once.
const PAGE: i32 = 50;
/// After so long a provider that takes nothing back is left alone, seconds: by then its access tokens have ended.
const GIVE_UP: i64 = 3 * 24 * 60 * 60;
/// The first wait after a failure, and the longest, seconds.
const FIRST: i64 = 60;
const LONGEST: i64 = 6 * 60 * 60;

/// Works on everything in the shard that is due.
pub(crate) async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let now = app.clock.epoch();
    loop {
        let due = app.store.due_timers(shard, now, PAGE).await?;
        if due.is_empty() {
            return Ok(());
        }
        for timer in due {
            if deadline.passed() {
                return Ok(());
            }
            match timer {
                Timer::Revocation(mut revocation) => one(app, &mut revocation).await?,
                Timer::Errand(errand) => errands::run(app, &errand).await?,
            }
        }
    }
}

/// Each ends with its row gone or moved to a later time, so that the loop above comes to an end.
async fn one(app: &App, timer: &mut Revocation) -> Result<(), Error> {
    let given_back = revoke::give_back(app, timer).await;
    let (integration, provider) = (&timer.integration, timer.provider.as_str());
    let result = match given_back {
        Ok(GivenBack::Later) => None,
        Ok(done) => Some(done),
        Err(error) => {
            tracing::warn!(%integration, provider, %error, "tokens were not given back yet");
            None
        }
    };
    let Some(done) = result else { return later(app, timer).await };
    tracing::info!(%integration, provider, result = ?done, "tokens of an ended connection");
    observe::count(app, "Revocations", 1);
    Ok(app.store.clear_timer(timer).await?)
}

async fn later(app: &App, timer: &Revocation) -> Result<(), Error> {
    let now = app.clock.epoch();
    let (integration, provider) = (&timer.integration, timer.provider.as_str());
    if now - timer.since >= GIVE_UP {
        tracing::error!(%integration, provider, tries = timer.tries, "given up: the provider takes no token back");
        observe::count(app, "RevocationsGivenUp", 1);
        return Ok(app.store.clear_timer(timer).await?);
    }
    let wait = (FIRST << timer.tries.min(10)).min(LONGEST);
    Ok(app.store.reset_timer(timer, now + shared::oauth::refresh::jittered(wait)).await?)
}
