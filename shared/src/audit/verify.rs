//! Looks through the sealed trail, and tells all that is not as it was sealed. It changes nothing.
//!
//! Memory stays flat: seals are read a page at a time, entries too, and of each day only two numbers are kept.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

pub use super::finding::{Finding, Problem};
use super::{
    Error,
    chain::{self, Chain},
    notary,
    seal::{chained, last_closed},
};
use crate::{
    app::App,
    id::OrgId,
    store::{
        audit::{Audited, SHARDS},
        seals::{DaySeal, Seal},
    },
};

/// How long after its end a day may be sealed. A shorter outage of the sealer is nothing to tell.
const SEALED_WITHIN: SignedDuration = SignedDuration::from_hours(60);

/// What was looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Organisations' days.
    pub seals: u64,
    /// Entries.
    pub entries: u64,
    /// Days.
    pub days: u64,
}

/// A verification under way: first the organisations, one after the other, then the days.
pub struct Verification<'a, F> {
    app: &'a App,
    tell: F,
    looked: Looked,
    /// The last day that was sealed when it began. What the sealer does meanwhile is left to the next one.
    until: Option<Date>,
    by_day: BTreeMap<Date, u64>,
    /// Entries of closed days that have been told of, or are in order.
    accounted: u64,
    any: bool,
}

impl<'a, F: FnMut(Finding)> Verification<'a, F> {
    /// One that tells what it finds.
    pub async fn begin(app: &'a App, tell: F) -> Result<Self, Error> {
        let until = app.store.day_sealed_before(Date::MAX).await?.map(|last| last.day);
        let (looked, by_day) = (Looked::default(), BTreeMap::new());
        Ok(Self { app, tell, looked, until, by_day, accounted: 0, any: false })
    }

    /// What was looked through so far.
    pub fn looked(&self) -> Looked {
        self.looked
    }

    /// Looks through one organisation's seals and entries.
    pub async fn organisation(&mut self, org: &OrgId) -> Result<(), Error> {
        let (mut start, mut previous) = (None, None::<Seal>);
        loop {
            let (seals, next) = self.app.store.seals(org, start).await?;
            for seal in seals {
                self.seal(&seal, previous.as_ref()).await?;
                previous = Some(seal);
            }
            if next.is_none() {
                return Ok(());
            }
            start = next;
        }
    }

    async fn seal(&mut self, seal: &Seal, previous: Option<&Seal>) -> Result<(), Error> {
        self.any = true;
        if self.until.is_none_or(|until| seal.day > until) {
            return Ok(());
        }
        self.looked.seals += 1;
        *self.by_day.entry(seal.day).or_default() += 1;
        if !notary::signed(self.app, chain::statement(seal), &seal.signature).await? {
            self.found(Some(&seal.org), seal.day, Problem::Forged);
        }
        self.late(Some(&seal.org), seal.day, seal.sealed_at);
        let linked = seal.previous_day == previous.map(|seal| seal.day)
            && seal.previous_head.as_deref() == previous.map(|seal| seal.head.as_str());
        if !linked {
            self.found(Some(&seal.org), seal.day, Problem::Unlinked);
        }
        let chain: Chain = chained(self.app, &seal.org, seal.day, seal.previous_head.as_deref()).await?;
        let (sealed, found) = (seal.count, chain.count());
        self.looked.entries += found;
        self.accounted += found;
        if found < sealed {
            self.found(Some(&seal.org), seal.day, Problem::Fewer { sealed, found });
        } else if found > sealed {
            self.found(Some(&seal.org), seal.day, Problem::More { sealed, found });
        } else if chain.head() != seal.head {
            self.found(Some(&seal.org), seal.day, Problem::Altered);
        }
        Ok(())
    }

    /// After all organisations: whether each day has the seals that it counts, and none was closed without.
    pub async fn days(&mut self) -> Result<(), Error> {
        let (mut start, mut previous) = (None, None::<DaySeal>);
        let until = self.until;
        loop {
            let (days, next) = self.app.store.days(start).await?;
            for day in days.into_iter().filter(|day| Some(day.day) <= until) {
                self.day(&day, previous.as_ref()).await?;
                previous = Some(day);
            }
            if next.is_none() {
                break;
            }
            start = next;
        }
        // A run takes a while, and may have to be taken up again: a day's delay is no cut.
        let expected = last_closed(self.app).yesterday().unwrap_or(Date::MIN);
        match previous {
            Some(last) => {
                if last.day < expected {
                    self.found(None, last.day, Problem::Behind);
                }
                self.strays(last.day).await
            }
            None if self.any => {
                self.found(None, expected, Problem::Behind);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether there are entries that neither a seal nor the index knows.
    async fn strays(&mut self, until: Date) -> Result<(), Error> {
        let (mut place, mut entries) = (None, 0);
        loop {
            let stretch = self.app.store.walk_entries(place).await?;
            entries += stretch.found.iter().filter(|day| **day <= until).count() as u64;
            place = stretch.next;
            if place.is_none() {
                break;
            }
        }
        if entries > self.accounted {
            self.found(None, until, Problem::Stray { found: entries - self.accounted });
        }
        Ok(())
    }

    async fn day(&mut self, day: &DaySeal, previous: Option<&DaySeal>) -> Result<(), Error> {
        self.looked.days += 1;
        if !notary::signed(self.app, chain::day_statement(day), &day.signature).await? {
            self.found(None, day.day, Problem::Forged);
        }
        self.late(None, day.day, day.sealed_at);
        let linked = day.previous_day == previous.map(|day| day.day)
            && day.previous_signature.as_deref() == previous.map(|day| day.signature.as_str())
            && previous.is_none_or(|previous| previous.day.tomorrow().ok() == Some(day.day));
        if !linked {
            self.found(None, day.day, Problem::Unlinked);
        }
        let (sealed, found) = (day.organisations, self.by_day.get(&day.day).copied().unwrap_or_default());
        if sealed != found {
            self.found(None, day.day, Problem::Seals { sealed, found });
        }
        self.unsealed(day.day).await
    }

    /// Organisations that have entries of a closed day and no seal of it.
    async fn unsealed(&mut self, day: Date) -> Result<(), Error> {
        for shard in 0..SHARDS {
            let mut after: Option<Audited> = None;
            while let Some(audited) = self.app.store.next_audited(day, shard, after.as_ref()).await? {
                match &audited.org {
                    Some(org) => self.unsealed_of(org, day).await?,
                    None => self.found(None, day, Problem::Malformed { partition: audited.partition.clone() }),
                }
                after = Some(audited);
            }
        }
        Ok(())
    }

    async fn unsealed_of(&mut self, org: &OrgId, day: Date) -> Result<(), Error> {
        if self.app.store.seal_of(org, day).await?.is_some() {
            return Ok(());
        }
        let found = chained(self.app, org, day, None).await?.count();
        self.accounted += found;
        if found > 0 {
            self.found(Some(org), day, Problem::Unsealed);
        }
        Ok(())
    }

    /// Where one organisation alone is looked at: whether it has entries of closed days without a seal. What was cut off
    /// together with its seals shows only in the days, which count all organisations.
    pub async fn gaps(&mut self, org: &OrgId) -> Result<(), Error> {
        let (mut start, until) = (None, self.until);
        loop {
            let (days, next) = self.app.store.days(start).await?;
            for day in days.into_iter().filter(|day| Some(day.day) <= until) {
                self.unsealed_of(org, day.day).await?;
            }
            if next.is_none() {
                return Ok(());
            }
            start = next;
        }
    }

    fn late(&mut self, org: Option<&OrgId>, day: Date, at: Timestamp) {
        let end = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
        if end.is_ok_and(|end| at.duration_since(end.timestamp()) > SEALED_WITHIN) {
            self.found(org, day, Problem::Late { at });
        }
    }

    /// Whether a seal is still the one whose head somebody has kept elsewhere.
    pub async fn kept(&mut self, org: &OrgId, day: Date, head: &str) -> Result<(), Error> {
        let found = self.app.store.seal_of(org, day).await?;
        if found.is_none_or(|seal| seal.head != head) {
            self.found(Some(org), day, Problem::NotAsKept);
        }
        Ok(())
    }

    fn found(&mut self, org: Option<&OrgId>, day: Date, problem: Problem) {
        (self.tell)(Finding { org: org.cloned(), day, problem });
    }
}
