//! Refreshes what of a shard is due: many at once, few at one provider.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{StreamExt, stream};
use shared::{
    app::App,
    oauth::refresh::{self, LookedAfter},
    observe,
    store::integrations::Due,
};
use tokio::sync::Semaphore;

use crate::{Error, work::Deadline};

/// So many entries of the index are read at once.
const PAGE: i32 = 100;
/// So many integrations are looked after at once.
const AT_ONCE: usize = 32;
/// Of these, so many at one provider: 16 shards at work make 64 calls, which is what token endpoints bear.
const AT_ONE_PROVIDER: usize = 4;

/// Looks after everything in the shard that is due, until none is left or the time is over: what is not begun stays due.
pub(crate) async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let (now, budgets) = (app.clock.epoch(), Budgets::default());
    let mut after: Option<Due> = None;
    let mut troubles = 0_u32;
    while !deadline.passed() {
        let page = app.store.integrations().due(shard, now, PAGE, after.as_ref()).await?;
        let Some(last) = page.last().cloned() else { break };
        let looks = page.into_iter().map(|due| one(app, due, &budgets, deadline));
        let mut looks = stream::iter(looks).buffer_unordered(AT_ONCE);
        while let Some(looked) = looks.next().await {
            if let Err(error) = looked {
                tracing::warn!(shard, %error, "an integration could not be looked after");
                troubles += 1;
            }
        }
        after = Some(last);
    }
    if troubles > 0 {
        observe::count(app, "RefreshTroubles", troubles);
    }
    Ok(())
}

/// One that failed stays due, or has put itself off; it stops no other.
async fn one(app: &App, due: Due, budgets: &Budgets, deadline: &Deadline) -> Result<(), refresh::Error> {
    let Some(integration) = app.store.integrations().still_due(&due).await? else { return Ok(()) };
    let budget = budgets.of(&integration.provider);
    // A closed semaphore would let everybody through; it is never closed.
    let _turn = budget.acquire().await;
    if deadline.passed() {
        return Ok(());
    }
    let looked = refresh::look_after(app, &integration, &due).await?;
    if looked == LookedAfter::Failed {
        tracing::info!(integration = %integration.id, provider = integration.provider, "not renewed this time");
    }
    Ok(())
}

/// How many calls each provider bears.
#[derive(Default)]
struct Budgets(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Budgets {
    fn of(&self, provider: &str) -> Arc<Semaphore> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(provider.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONE_PROVIDER))))
    }
}
