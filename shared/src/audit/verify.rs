//! Looks through the sealed trail, and tells all that is not as it was sealed. It changes nothing.
//!
//! Memory stays flat: seals are read a page at a time, entries too, and of each day only two numbers are kept.

use std::{collections::BTreeMap, fmt};

use jiff::civil::Date;

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
        audit::SHARDS,
        seals::{DaySeal, Seal},
    },
};

/// Something that is not as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whose day; none where it is the day as a whole.
    pub org: Option<OrgId>,
    /// Which day.
    pub day: Date,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Fewer entries than were sealed.
    Fewer {
        /// How many were sealed.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// More entries than were sealed.
    More {
        /// How many were sealed.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// As many, but others, or in another order.
    Altered,
    /// Entries of a closed day that nobody sealed.
    Unsealed,
    /// The sealer has not signed this seal.
    Forged,
    /// It does not hang on the seal before it.
    Unlinked,
    /// The day's seal counts other seals than there are.
    Seals {
        /// How many it counts.
        sealed: u64,
        /// How many there are.
        found: u64,
    },
    /// No day has been sealed since, though its time is over: the sealer stands still, or the end was cut off.
    Behind,
    /// Entries of closed days that no seal counts and the index does not show.
    Stray {
        /// How many.
        found: u64,
    },
    /// A head that was kept elsewhere is gone or another.
    NotAsKept,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fewer { sealed, found } => {
                write!(f, "{sealed} entries were sealed and {found} are there: some were deleted or cut off")
            }
            Self::More { sealed, found } => {
                write!(f, "{sealed} entries were sealed and {found} are there: some came later")
            }
            Self::Altered => write!(f, "an entry was changed, exchanged or moved since it was sealed"),
            Self::Unsealed => write!(f, "there are entries of a closed day that were not sealed: they came later"),
            Self::Forged => write!(f, "the seal does not carry the sealer's signature"),
            Self::Unlinked => {
                write!(f, "the seal does not follow the one before it: a seal is missing or was exchanged")
            }
            Self::Seals { sealed, found } => {
                write!(f, "{sealed} organisations were sealed and {found} seals are there")
            }
            Self::Behind => {
                write!(f, "no later day is sealed: the sealer stands still, or the end of the trail was cut off")
            }
            Self::Stray { found } => {
                write!(f, "{found} entries of closed days belong to no seal: they were put there later")
            }
            Self::NotAsKept => write!(f, "the seal is gone, or another than the one that was kept elsewhere"),
        }
    }
}

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
            let mut after: Option<OrgId> = None;
            while let Some(org) = self.app.store.next_audited(day, shard, after.as_ref()).await? {
                if self.app.store.seal_of(&org, day).await?.is_none() {
                    self.accounted += chained(self.app, &org, day, None).await?.count();
                    self.found(Some(&org), day, Problem::Unsealed);
                }
                after = Some(org);
            }
        }
        Ok(())
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
