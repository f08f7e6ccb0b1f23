//! Walks over whole tables, for an operator's commands alone: no function does this, nor has the right to.
//!
//! A page at a time, so that memory stays flat however many rows there are.

use jiff::civil::Date;

use super::{Error, Item, Store, Table, string, webhooks::CLAIM};
use crate::{
    id::OrgId,
    store::{integrations::Integration, seals::Seal},
    vault::{Purpose, Sealed},
};

/// Where a walk goes on.
#[derive(Clone, Debug)]
pub struct Place(Item);

/// Some of a table, and where it goes on.
pub struct Stretch<T> {
    /// What was found.
    pub found: Vec<T>,
    /// Where the next one starts, if there is one.
    pub next: Option<Place>,
}

impl<T> Stretch<T> {
    fn map<U>(self, each: impl Fn(T) -> Result<Option<U>, Error>) -> Result<Stretch<U>, Error> {
        let found = self.found.into_iter().filter_map(|item| each(item).transpose()).collect::<Result<_, _>>()?;
        Ok(Stretch { found, next: self.next })
    }
}

/// One organisation's data key for one purpose, as far as an operator sees it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KeyState {
    /// Whose.
    pub org: OrgId,
    /// What for.
    #[serde(serialize_with = "purpose")]
    pub purpose: Purpose,
    /// What seals.
    pub current: u32,
    /// What still opens at least.
    pub lowest: u32,
    /// When the current version was added, seconds since 1970; none for the first.
    pub rotated_at: Option<i64>,
    /// Whether values may still be sealed with older versions.
    pub unfinished: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
fn purpose<S: serde::Serializer>(purpose: &Purpose, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(purpose.as_str())
}

impl Store {
    /// All integrations, ended ones left out.
    pub async fn walk_integrations(&self, from: Option<Place>) -> Result<Stretch<Integration>, Error> {
        let live = |item: Item| {
            // The claims on webhooks' ids stand in the same table.
            if string(&item, "sk").as_deref() == Some(CLAIM) {
                return Ok(None);
            }
            Ok(Some(Integration::of(item)?).filter(|found| !found.view.disconnected))
        };
        self.walk(Table::Integrations, from).await?.map(live)
    }

    /// All data keys.
    pub async fn walk_keys(&self, from: Option<Place>) -> Result<Stretch<KeyState>, Error> {
        self.walk(Table::Keys, from).await?.map(|item| {
            let pk = string(&item, "pk").unwrap_or_default();
            let named =
                pk.split_once('#').and_then(|(org, purpose)| Some((org.parse().ok()?, Purpose::parse(purpose)?)));
            let (org, purpose) = named.ok_or_else(|| Error::Unreadable("the name of a data key".to_owned()))?;
            let keys = super::data_keys::whole(item)?;
            let (current, lowest) = (keys.current, keys.lowest);
            let (rotated_at, unfinished) = (keys.rotated_at, keys.unfinished);
            Ok(Some(KeyState { org, purpose, current, lowest, rotated_at, unfinished }))
        })
    }

    /// The organisations whose days were sealed. One may come twice where a page ends within its seals.
    pub async fn walk_seals(&self, from: Option<Place>) -> Result<Stretch<OrgId>, Error> {
        let keys = self.walk(Table::Seals, from).await?;
        let mut stretch = keys.map(|item| Ok(string(&item, "pk").and_then(|org| org.parse().ok())))?;
        // Rows of one partition come one after the other.
        stretch.found.dedup();
        Ok(stretch)
    }

    /// All seals of organisations' days.
    pub async fn walk_heads(&self, from: Option<Place>) -> Result<Stretch<Seal>, Error> {
        let seals = |item: Item| if item.contains_key("org") { super::read(item).map(Some) } else { Ok(None) };
        self.walk(Table::Seals, from).await?.map(seals)
    }

    /// The days of all entries of the audit trail. What carries no day counts as of the first there is.
    pub async fn walk_entries(&self, from: Option<Place>) -> Result<Stretch<Date>, Error> {
        let day = |item: Item| {
            let pk = string(&item, "pk").unwrap_or_default();
            Ok(Some(pk.split_once('#').and_then(|(_, day)| day.parse().ok()).unwrap_or(Date::MIN)))
        };
        self.walk(Table::Audit, from).await?.map(day)
    }

    /// Rows with sealed values of this purpose, as they are stored.
    pub(crate) async fn walk_sealed(&self, home: Home, from: Option<Place>) -> Result<Stretch<Item>, Error> {
        self.walk(home.table(), from).await
    }

    async fn walk(&self, table: Table, from: Option<Place>) -> Result<Stretch<Item>, Error> {
        let scan = self.client().scan().table_name(self.table(table)).consistent_read(true);
        let answer = scan.set_exclusive_start_key(from.map(|place| place.0)).send().await?;
        Ok(Stretch { found: answer.items.unwrap_or_default(), next: answer.last_evaluated_key.map(Place) })
    }
}

/// A table that holds sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Connections.
    Integrations,
    /// Tokens that are still to be given back.
    Timers,
    /// OAuth round trips. They live ten minutes and are never sealed again.
    Handshakes,
}

impl Home {
    /// Where values of a purpose stand.
    pub fn of(purpose: Purpose) -> &'static [Self] {
        match purpose {
            Purpose::Integration => &[Self::Integrations, Self::Timers],
            Purpose::Setting => &[Self::Integrations],
            Purpose::Handshake => &[Self::Handshakes],
            // An answer is outlived: what its key does not open any more is not given again.
            Purpose::Webhook | Purpose::Answer => &[],
        }
    }

    pub(crate) fn table(self) -> Table {
        match self {
            Self::Integrations => Table::Integrations,
            Self::Timers => Table::Timers,
            Self::Handshakes => Table::Handshakes,
        }
    }
}

/// What of a row is sealed, by the attribute's name.
pub(crate) fn sealed_in(item: &Item) -> Vec<(String, Sealed)> {
    let found = item.iter().filter_map(|(name, value)| Some((name.clone(), Sealed::of(value)?)));
    found.collect()
}
