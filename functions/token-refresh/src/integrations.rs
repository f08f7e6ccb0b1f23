//! Refreshes what of a shard is due: many at once, few at one provider.

use std::collections::HashMap;

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use shared::{
    app::App,
    oauth::refresh::{self, LookedAfter},
    observe,
    store::integrations::Due,
};

use crate::{Error, line::Line, work::Deadline};

/// So many entries of the index are read at once.
const PAGE: i32 = 100;
/// So many integrations are looked after at once.
const AT_ONCE: usize = 32;
/// Of these, so many at one provider: 16 shards at work make 64 calls, which is what token endpoints bear.
const AT_ONE_PROVIDER: usize = 4;

/// How long one may take, seconds: it waits for another's refresh first, then the provider is called.
const REFRESH: i64 = 35;

/// Looks after everything in the shard that is due, until none is left or the time is over: what is not begun stays due.
/// Those of a busy provider wait in line while all others go on, so that one that hangs holds up nobody else's.
pub(crate) async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let mut pages = Pages { app, shard, now: app.clock.epoch(), after: None, ended: false };
    let (mut line, mut calls, mut running) = (Line::default(), Calls::default(), FuturesUnordered::new());
    let mut failed = None;
    loop {
        let room = running.len() < AT_ONCE && deadline.allows(REFRESH);
        if let Some(due) = room.then(|| line.next(|provider| calls.bears_more(provider))).flatten() {
            calls.begun(due.provider());
            running.push(async move { (due.provider().to_owned(), one(app, &due).await) });
        } else if room && !pages.ended {
            // What runs is still waited for: a refresh is not left behind.
            failed = pages.read(&mut line).await.err();
            while let Some(Some(looked)) = running.next().now_or_never() {
                calls.ended(looked);
            }
        } else if let Some(looked) = running.next().await {
            calls.ended(looked);
        } else if room && line.turned_some_away() {
            pages.begin_again();
        } else {
            break;
        }
    }
    if calls.troubles > 0 {
        observe::count(app, "RefreshTroubles", calls.troubles);
    }
    failed.map_or(Ok(()), Err)
}

/// One that failed stays due, or has put itself off; it stops no other.
async fn one(app: &App, due: &Due) -> Result<(), refresh::Error> {
    let Some(integration) = app.store.integrations().still_due(due).await? else { return Ok(()) };
    let looked = refresh::look_after(app, &integration, due).await?;
    if looked == LookedAfter::Failed {
        tracing::info!(integration = %integration.id, provider = integration.provider, "not renewed this time");
    }
    Ok(())
}

/// The shard's entries, page by page.
struct Pages<'a> {
    app: &'a App,
    shard: u64,
    now: i64,
    after: Option<Due>,
    ended: bool,
}

impl Pages<'_> {
    async fn read(&mut self, line: &mut Line) -> Result<(), Error> {
        let page = self.app.store.integrations().due(self.shard, self.now, PAGE, self.after.as_ref()).await;
        let page = page.inspect_err(|_| self.ended = true)?;
        self.ended = page.is_empty();
        self.after = page.last().cloned();
        for due in page {
            line.add(due);
        }
        Ok(())
    }

    fn begin_again(&mut self) {
        (self.after, self.ended) = (None, false);
    }
}

/// The calls under way, by provider.
#[derive(Default)]
struct Calls {
    under_way: HashMap<String, usize>,
    troubles: u32,
}

impl Calls {
    fn bears_more(&self, provider: &str) -> bool {
        self.under_way.get(provider).is_none_or(|calls| *calls < AT_ONE_PROVIDER)
    }

    fn begun(&mut self, provider: &str) {
        *self.under_way.entry(provider.to_owned()).or_default() += 1;
    }

    fn ended(&mut self, (provider, looked): (String, Result<(), refresh::Error>)) {
        self.under_way.entry(provider).and_modify(|calls| *calls -= 1);
        if let Err(error) = looked {
            tracing::warn!(%error, "an integration could not be looked after");
            self.troubles += 1;
        }
    }
}
