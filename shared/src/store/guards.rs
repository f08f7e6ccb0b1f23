//! What expires by itself: how often something happened lately, bans, and whose turn it is.
//!
//! A sliding window is two neighbouring buckets, the older one weighted by how much of it still lies in the window. All
//! buckets of one key live in one item, each in an attribute of its own, so counting is one unconditional update.

use std::time::Duration;

use aws_sdk_dynamodb::types::ReturnValue;
use jiff::Timestamp;

use super::{Attempt, Error, Item, Store, Table, Written, key, number, text, update};
use crate::config::Window;

/// How often something happened, in one window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What is allowed.
    pub window: Window,
    /// In the bucket we are in.
    pub current: u32,
    /// In the one before.
    pub previous: u32,
    /// How far into the bucket we are.
    pub into: Duration,
}

/// A moment's counts, one a window.
pub struct Counted {
    /// When it was counted.
    pub at: Timestamp,
    /// In the order of the windows asked for.
    pub counts: Vec<Count>,
}

/// An item is left behind after this long, so that buckets of an idle caller do not pile up in it.
const ITEM_LIFE: i64 = 7 * 24 * 3600;
/// How far back an update sweeps buckets that no window reaches any more.
const SWEPT: i64 = 3600;

const SELF: &str = "self";

/// Whose turn it is: failures so far, when the next try may be made.
struct Turn {
    failures: u32,
    next: i64,
    written: Option<String>,
}

impl Store {
    /// Counts one more under `name` and tells how many there are now. One update, no condition.
    pub async fn count(&self, name: &[&str], windows: &[Window]) -> Result<Counted, Error> {
        let at = self.clock().now();
        let item = self.add(name, windows, at, 1).await?;
        let counts = windows.iter().map(|window| Count::read(&item, *window, at)).collect();
        Ok(Counted { at, counts })
    }

    /// Takes back one that was counted at `at`.
    pub async fn uncount(&self, name: &[&str], windows: &[Window], at: Timestamp) -> Result<(), Error> {
        self.add(name, windows, at, -1).await.map(|_| ())
    }

    async fn add(&self, name: &[&str], windows: &[Window], at: Timestamp, by: i32) -> Result<Item, Error> {
        let longest = windows.iter().map(|window| window.per.as_secs()).max().unwrap_or_default();
        let buckets: Vec<String> = windows.iter().map(|w| format!("{} :by", bucket(*w, index(*w, at)))).collect();
        let stale: Vec<String> = windows.iter().flat_map(|window| swept(*window, at)).collect();
        let expression = format!("ADD {} SET expires = :expires REMOVE {}", buckets.join(", "), stale.join(", "));
        let output = self
            .client()
            .update_item()
            .table_name(self.table(Table::Guards))
            .key("pk", text(key::join(name)))
            .key("sk", text((at.as_second() / ITEM_LIFE).to_string()))
            .update_expression(expression)
            .expression_attribute_values(":by", number(by))
            .expression_attribute_values(":expires", number(at.as_second() + 2 * longest.cast_signed()))
            .return_values(ReturnValue::AllNew)
            .send()
            .await?;
        Ok(output.attributes.unwrap_or_default())
    }

    /// Bans `name` until then.
    pub async fn ban(&self, name: &[&str], until: Timestamp) -> Result<(), Error> {
        self.client()
            .update_item()
            .table_name(self.table(Table::Guards))
            .key("pk", text(key::join(name)))
            .key("sk", text(SELF))
            .update_expression("SET expires = :until")
            .expression_attribute_values(":until", number(until.as_second()))
            .send()
            .await?;
        Ok(())
    }

    /// How much longer `name` is banned, if it is.
    pub async fn banned(&self, name: &[&str]) -> Result<Option<Duration>, Error> {
        let item = self.guard(name).await?;
        let left = integer(&item, "expires") - self.clock().epoch();
        Ok(u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_secs))
    }

    /// Takes the next turn of those who may try one after the other, with a pause between that grows with the number of
    /// turns; or tells how long to wait. All is forgotten after `memory` without a turn.
    pub async fn take_turn(
        &self,
        name: &[&str],
        pause: impl Fn(u32) -> Duration,
        memory: Duration,
    ) -> Result<Result<(), Duration>, Error> {
        // Each round lost means that somebody else took a turn.
        for _ in 0..5 {
            let turn = self.turn(name).await?;
            let now = self.clock().now().as_millisecond();
            if turn.next > now {
                return Ok(Err(Duration::from_millis(turn.next.abs_diff(now))));
            }
            let failures = turn.failures.saturating_add(1);
            let next = now + millis(pause(failures));
            let expires = (next + millis(memory)) / 1000;
            if self.write_turn(name, turn.written.as_deref(), failures, next, expires).await? {
                return Ok(Ok(()));
            }
        }
        Ok(Err(Duration::from_secs(1)))
    }

    /// Takes a turn back: it was no failure.
    pub async fn give_turn_back(&self, name: &[&str], memory: Duration) -> Result<(), Error> {
        for _ in 0..5 {
            let turn = self.turn(name).await?;
            let now = self.clock().now().as_millisecond();
            let expires = (now + millis(memory)) / 1000;
            let failures = turn.failures.saturating_sub(1);
            if self.write_turn(name, turn.written.as_deref(), failures, now, expires).await? {
                break;
            }
        }
        Ok(())
    }

    async fn turn(&self, name: &[&str]) -> Result<Turn, Error> {
        let item = self.guard(name).await?;
        let over = integer(&item, "expires") <= self.clock().epoch();
        Ok(Turn {
            failures: if over { 0 } else { u32::try_from(integer(&item, "failures")).unwrap_or_default() },
            next: if over { 0 } else { integer(&item, "next") },
            written: item.get("attempt").and_then(|value| value.as_s().ok()).cloned(),
        })
    }

    /// Writes the turn if the row is still the one that was read.
    async fn write_turn(
        &self,
        name: &[&str],
        seen: Option<&str>,
        failures: u32,
        next: i64,
        expires: i64,
    ) -> Result<bool, Error> {
        let mut write = self
            .client()
            .update_item()
            .table_name(self.table(Table::Guards))
            .key("pk", text(key::join(name)))
            .key("sk", text(SELF))
            .update_expression("SET failures = :failures, #next = :next, expires = :expires, attempt = :attempt")
            .expression_attribute_names("#next", "next")
            .expression_attribute_values(":failures", number(failures))
            .expression_attribute_values(":next", number(next))
            .expression_attribute_values(":expires", number(expires));
        write = match seen {
            Some(seen) => {
                write.condition_expression("attempt = :seen").expression_attribute_values(":seen", text(seen))
            }
            None => write.condition_expression("attribute_not_exists(pk)"),
        };
        Ok(matches!(update(write, &Attempt::new()).await?, Written::Yes(_)))
    }

    async fn guard(&self, name: &[&str]) -> Result<Item, Error> {
        let output = self
            .client()
            .get_item()
            .table_name(self.table(Table::Guards))
            .key("pk", text(key::join(name)))
            .key("sk", text(SELF))
            .consistent_read(true)
            .send()
            .await?;
        Ok(output.item.unwrap_or_default())
    }
}

impl Count {
    fn read(item: &Item, window: Window, at: Timestamp) -> Self {
        let now = index(window, at);
        let count = |index| u32::try_from(integer(item, &bucket(window, index))).unwrap_or_default();
        let into = Duration::from_millis(at.as_millisecond().rem_euclid(length(window)).unsigned_abs());
        Self { window, current: count(now), previous: count(now - 1), into }
    }
}

fn index(window: Window, at: Timestamp) -> i64 {
    at.as_millisecond().div_euclid(length(window))
}

fn bucket(window: Window, index: i64) -> String {
    format!("w{}_{index}", window.per.as_secs())
}

/// The buckets that an hour of silence would have left behind.
fn swept(window: Window, at: Timestamp) -> impl Iterator<Item = String> {
    let back = (SWEPT / i64::try_from(window.per.as_secs()).unwrap_or(SWEPT).max(1)).clamp(1, 60);
    (2..=1 + back).map(move |ago| bucket(window, index(window, at) - ago))
}

/// A window's length; never nothing, since we divide by it.
fn length(window: Window) -> i64 {
    millis(window.per).max(1)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn integer(item: &Item, name: &str) -> i64 {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok()).unwrap_or_default()
}
