//! Closes days: chains each organisation's entries, signs what they come to, and then the day as a whole.
//!
//! A day is closed an hour after its end: functions live a minute, and clocks on AWS differ by far less. What carries a
//! closed day's date and comes later than that was not written by a function of ours at its time, and shows as inserted.
//! Whatever is cut short is taken up again by the next run: a seal that is there is left as it is, and the day's own comes
//! last.

use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, civil::Date};

use super::{
    Error,
    chain::{self, Chain},
    notary,
};
use crate::{
    app::App,
    id::OrgId,
    store::{
        audit::{Audited, SHARDS, day_of},
        seals::{DaySeal, Seal},
    },
};

/// How long after its end a day is closed.
const GRACE: SignedDuration = SignedDuration::from_hours(1);
/// How many days the very first run looks back.
const FIRST_LOOK: i64 = 35;
/// How many shards are worked on at once: most of the time is waiting for KMS.
const AT_ONCE: usize = 8;

/// What a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Days that were closed.
    pub days: u64,
    /// Organisations' days that were sealed.
    pub seals: u64,
    /// Partitions that no function of ours would have written, and that were left alone.
    pub malformed: u64,
    /// Whether it was stopped before all was done.
    pub unfinished: bool,
}

/// The last day that is closed by now.
pub fn last_closed(app: &App) -> Date {
    let then = app.clock.now() - GRACE;
    day_of(then).yesterday().unwrap_or(Date::MIN)
}

/// Seals every day that is closed and has no seal yet, for as long as `may_go_on` says so.
pub async fn run(app: &App, may_go_on: impl Fn() -> bool) -> Result<Sealed, Error> {
    let (last, mut done) = (last_closed(app), Sealed::default());
    let Ok(after) = last.tomorrow() else { return Ok(done) };
    let mut previous = app.store.day_sealed_before(after).await?;
    let mut day = match &previous {
        Some(seal) => seal.day.tomorrow().unwrap_or(Date::MAX),
        None => last.saturating_sub(jiff::Span::new().days(FIRST_LOOK)),
    };
    while day <= last {
        let Some(tally) = organisations(app, day, &may_go_on).await? else {
            return Ok(Sealed { unfinished: true, ..done });
        };
        done.seals += tally.made;
        done.malformed += tally.malformed;
        // Before the first entry there is nothing to close; the day just gone is, so that the trail has a beginning.
        if previous.is_some() || tally.organisations > 0 || day == last {
            let seal = whole_day(app, day, &tally, previous.as_ref()).await?;
            done.days += 1;
            previous = Some(seal);
        }
        day = day.tomorrow().unwrap_or(Date::MAX);
    }
    Ok(done)
}

#[derive(Default)]
struct Tally {
    organisations: u64,
    entries: u64,
    /// Seals that were made now.
    made: u64,
    malformed: u64,
}

/// Seals the day of each organisation that has entries of it, some shards at a time; none where it was stopped.
async fn organisations(app: &App, day: Date, may_go_on: &impl Fn() -> bool) -> Result<Option<Tally>, Error> {
    let shards = (0..SHARDS).map(|shard| shard_of_day(app, day, shard, may_go_on));
    let mut shards = stream::iter(shards).buffer_unordered(AT_ONCE);
    let (mut all, mut stopped) = (Tally::default(), false);
    while let Some(tally) = shards.next().await {
        let (tally, whole) = tally?;
        stopped |= !whole;
        all.organisations += tally.organisations;
        all.entries += tally.entries;
        all.made += tally.made;
        all.malformed += tally.malformed;
    }
    Ok((!stopped).then_some(all))
}

/// One shard, and whether it was gone through to its end.
async fn shard_of_day(app: &App, day: Date, shard: u64, may_go_on: &impl Fn() -> bool) -> Result<(Tally, bool), Error> {
    let mut tally = Tally::default();
    let mut after: Option<Audited> = None;
    while let Some(audited) = app.store.next_audited(day, shard, after.as_ref()).await? {
        if !may_go_on() {
            return Ok((tally, false));
        }
        if let Some(org) = &audited.org {
            let seal = if let Some(seal) = app.store.seal_of(org, day).await? {
                seal
            } else {
                tally.made += 1;
                organisation(app, org, day).await?
            };
            tally.organisations += 1;
            tally.entries += seal.count;
        } else {
            // It must keep nobody's day from being sealed. The verifier tells it, too.
            let partition = &audited.partition;
            tracing::error!(alarm = "audit_malformed", %day, partition, "the audit table holds what no function wrote");
            tally.malformed += 1;
        }
        after = Some(audited);
    }
    Ok((tally, true))
}

async fn organisation(app: &App, org: &OrgId, day: Date) -> Result<Seal, Error> {
    let previous = app.store.seal_before(org, day).await?;
    let chain = chained(app, org, day, previous.as_ref().map(|seal| seal.head.as_str())).await?;
    let mut seal = Seal {
        org: org.clone(),
        day,
        count: chain.count(),
        head: chain.head(),
        previous_day: previous.as_ref().map(|seal| seal.day),
        previous_head: previous.map(|seal| seal.head),
        sealed_at: app.clock.now(),
        signature: String::new(),
    };
    seal.signature = notary::sign(app, chain::statement(&seal)).await?;
    let seal = app.store.keep_seal(&seal).await?;
    // The log group is another place that whoever can write the tables cannot write.
    let Seal { count, head, signature, .. } = &seal;
    tracing::info!(target: "postern::audit", %org, %day, count, head, signature, "an organisation's day is sealed");
    Ok(seal)
}

async fn whole_day(app: &App, day: Date, tally: &Tally, previous: Option<&DaySeal>) -> Result<DaySeal, Error> {
    let mut seal = DaySeal {
        day,
        organisations: tally.organisations,
        entries: tally.entries,
        previous_day: previous.map(|seal| seal.day),
        previous_signature: previous.map(|seal| seal.signature.clone()),
        sealed_at: app.clock.now(),
        signature: String::new(),
    };
    seal.signature = notary::sign(app, chain::day_statement(&seal)).await?;
    let seal = app.store.keep_day(&seal).await?;
    let DaySeal { organisations, entries, signature, .. } = &seal;
    tracing::info!(target: "postern::audit", %day, organisations, entries, signature, "a day is sealed");
    Ok(seal)
}

/// The chain of what stands in the table now, a page at a time.
pub(super) async fn chained(app: &App, org: &OrgId, day: Date, previous: Option<&str>) -> Result<Chain, Error> {
    let mut chain = Chain::new(org, day, previous);
    let mut start = None;
    loop {
        let (entries, next) = app.store.entries(org, day, start).await?;
        for entry in &entries {
            chain.add(entry);
        }
        if next.is_none() {
            return Ok(chain);
        }
        start = next;
    }
}
