//! Breakers and tallies of refreshes by provider and OAuth client, in `guards`.

use serde::Deserialize;

use super::{
    Error, Item, Store, Table, Written,
    expression::{Attribute, Change, Condition, Look, Value, Write},
    key::{self, Key},
    read,
};
use crate::{auth::Tenant, id::random_token};

/// The first pause, seconds; it doubles each time the trial after it fails.
const FIRST: i64 = 60;
/// No pause is longer, seconds.
const LONGEST: i64 = 60 * 60;
/// How long one trial may take before another is let through, seconds.
const TRIAL: i64 = 60;
/// A window of the tally, seconds.
const WINDOW: i64 = 5 * 60;
/// Rows nobody has touched for so long are dropped, seconds. Longer than any pause, and than a burst is doubted.
const KEPT: i64 = 3 * 24 * 60 * 60;

const REASON: Attribute = "reason";
const UNTIL: Attribute = "until";
const SINCE: Attribute = "since";
const TIMES: Attribute = "times";
const DEAD: Attribute = "dead";
const FRESH: Attribute = "fresh";
const OWNERS: Attribute = "owners";
const ON_TRIAL: Attribute = "on_trial";
const SEEN_BY: Attribute = "seen_by";
const EXPIRES: Attribute = "expires";

/// What opened a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reason {
    /// The provider refuses our client.
    Operator,
    /// Too many grants died at once.
    Burst,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Burst => "burst",
        }
    }
}

/// A breaker that is open, or on trial.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Breaker {
    /// What opened it.
    pub(crate) reason: Reason,
    /// Since when, seconds since 1970.
    pub(crate) since: i64,
    /// Until when nobody may call, seconds since 1970.
    pub(crate) until: i64,
    /// How often in a row it opened.
    pub(crate) times: i64,
    /// Whether one was let through to try: then `until` is when the next may.
    #[serde(default)]
    pub(crate) on_trial: bool,
}

/// What came of one window's refreshes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Grants that the provider called dead.
    pub(crate) dead: i64,
    /// Refreshes that succeeded, as far as they were told.
    pub(crate) fresh: i64,
    /// Owners whose grants they were.
    pub(crate) owners: i64,
}

/// The window of the tally that a moment falls into, by its number.
pub(crate) fn window(now: i64) -> i64 {
    now / WINDOW
}

fn breaker(family: &str, client: &str) -> Key {
    Key { pk: key::join(&["refresh", family, client]), sk: "breaker".to_owned() }
}

impl Store {
    /// The breaker, where it is open or on trial.
    pub(crate) async fn breaker(&self, family: &str, client: &str) -> Result<Option<Breaker>, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Guards)).consistent_read(true);
        let found = get.set_key(Some(breaker(family, client).item())).send().await?.item;
        found.filter(open).map(read).transpose()
    }

    /// Opens it, or holds it open for longer.
    pub(crate) async fn open_breaker(
        &self,
        family: &str,
        client: &str,
        reason: Reason,
        now: i64,
    ) -> Result<Breaker, Error> {
        let found = self.breaker(family, client).await?;
        // What opens it for another reason begins anew: neither is believed, nor waits, by the other's time.
        let before = found.clone().filter(|found| found.reason == reason);
        // Those whose calls were under way when it opened say the same once more: that is one opening.
        if let Some(before) = before.clone().filter(|before| before.until > now && !before.on_trial) {
            return Ok(before);
        }
        let seen = match &found {
            Some(found) => Condition::Is(UNTIL, found.until.into()),
            None => Condition::Absent(UNTIL),
        };
        let times = before.as_ref().map_or(0, |before| before.times) + 1;
        let pause = (FIRST << u32::try_from(times - 1).unwrap_or_default().min(10)).min(LONGEST);
        let breaker_now = Breaker {
            reason,
            since: before.map_or(now, |before| before.since),
            until: now + pause,
            times,
            on_trial: false,
        };
        let change = Change::new()
            .set(REASON, breaker_now.reason.as_str())
            .set(SINCE, breaker_now.since)
            .set(UNTIL, breaker_now.until)
            .set(TIMES, times)
            .set(EXPIRES, now + KEPT)
            .remove(&[ON_TRIAL]);
        match self.apply(Table::Guards, &breaker(family, client), &Write::new(seen, change)).await? {
            // Another was faster, or this write's own answer was lost: the row says how it stands.
            Written::No(Some(item)) if open(&item) => read(item),
            _ => Ok(breaker_now),
        }
    }

    /// Lets one caller through when the time is over: `None` for everybody else.
    pub(crate) async fn probe_breaker(
        &self,
        family: &str,
        client: &str,
        seen: &Breaker,
        now: i64,
    ) -> Result<Option<Breaker>, Error> {
        let change = Change::new().set(UNTIL, now + TRIAL).set(ON_TRIAL, Value::Flag(true));
        let write = Write::new(Condition::Is(UNTIL, seen.until.into()), change);
        let written = self.apply(Table::Guards, &breaker(family, client), &write).await?;
        match written {
            Written::Yes(item) => Ok(Some(read(item)?)),
            // Closed meanwhile: then nothing is in the way.
            Written::No(item) if item.as_ref().is_none_or(|item| !open(item)) => Ok(Some(seen.clone())),
            Written::No(_) => Ok(None),
        }
    }

    /// Closes it.
    pub(crate) async fn close_breaker(&self, family: &str, client: &str, now: i64) -> Result<(), Error> {
        let change = Change::new().remove(&[REASON, UNTIL, SINCE, TIMES, ON_TRIAL]).set(EXPIRES, now);
        let write = Write::new(Condition::Present(UNTIL), change);
        self.apply(Table::Guards, &breaker(family, client), &write).await.map(|_| ())
    }

    /// Counts a grant of this tenant's that died, and the successes since the last count.
    pub(crate) async fn tally(
        &self,
        family: &str,
        client: &str,
        tenant: &Tenant,
        fresh: i64,
        now: i64,
    ) -> Result<Tally, Error> {
        let (pk, window) = (key::join(&["refresh", family, client]), window(now).to_string());
        let (gone, me) = (now + 2 * WINDOW, random_token());
        // One row an owner and window: who makes it counts the owner.
        let (org, owner) = (tenant.org().as_str(), tenant.owner().as_str());
        let seen = Key { pk: pk.clone(), sk: key::join(&["tally", &window, org, owner]) };
        let write = Write::new(Condition::Absent(SEEN_BY), Change::new().set(SEEN_BY, me.as_str()).set(EXPIRES, gone))
            .landed(Condition::Is(SEEN_BY, me.into()));
        let first = matches!(self.apply(Table::Guards, &seen, &write).await?, Written::Yes(_));
        let key = Key { pk, sk: key::join(&["tally", &window]) };
        // A repetition after a lost answer counts twice; a burst is not told by one.
        let change = Change::new().add(DEAD, 1).add(FRESH, fresh).add(OWNERS, first.into()).set(EXPIRES, gone);
        let written = self.apply(Table::Guards, &key, &Write::new(Condition::ALWAYS, change)).await?;
        let Written::Yes(item) = written else { return Ok(Tally::default()) };
        let number = |name| item.look(name).and_then(|value| value.number()).unwrap_or_default();
        Ok(Tally { dead: number(DEAD), fresh: number(FRESH), owners: number(OWNERS) })
    }
}

/// A row that was closed stays until its time is over.
fn open(item: &Item) -> bool {
    item.contains_key(UNTIL)
}
