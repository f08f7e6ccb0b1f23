//! Seals values again with the current version of their data key, row by row, while readers go on.
//!
//! A row is changed only where its values still are what was read: what a refresh or an owner stored meanwhile was sealed
//! anew by that anyway. Functions know the new version five minutes late, and may store a value of the older one behind the
//! walk: so the walk that counts is the one after that time, which retiring the older versions begins with.

use crate::{
    app::App,
    auth::Owner,
    id::OrgId,
    store::{
        self, Item,
        key::Key,
        sealed::Replaced,
        string,
        walk::{Home, Place as Where, sealed_in},
    },
    vault::{self, Place, Purpose, Sealed},
};

/// A row with sealed values.
pub struct Row {
    home: Home,
    key: Key,
    facts: Facts,
    sealed: Vec<(String, Sealed)>,
}

/// What a sealed value is bound to, as rows of all homes tell it.
struct Facts {
    id: String,
    org: OrgId,
    owner: String,
    provider: String,
    grant: u64,
    /// The edits that settings and metadata were sealed in.
    settings_rev: u64,
    metadata_rev: u64,
    /// When the row is as good as gone, whatever still stands there.
    expires: Option<u64>,
}

impl Facts {
    fn of(home: Home, item: &Item) -> Result<Self, store::Error> {
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| string(item, name)).unwrap_or_default();
        let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()?.parse().ok());
        let org = text(["org", "org"]).parse();
        Ok(Self {
            id: text(["id", "integration"]),
            org: org.map_err(|_| store::Error::Unreadable("the organisation of a row".to_owned()))?,
            owner: text(["owner", "user"]),
            provider: text(["provider", "provider"]),
            grant: number("grant").unwrap_or_default(),
            settings_rev: number("settings_rev").unwrap_or_default(),
            metadata_rev: number("metadata_rev").unwrap_or_default(),
            // Round trips and links stay known for a while after their time, with what they hold; nothing opens it any more.
            expires: if home == Home::Handshakes { number("expires_at") } else { number("expires") },
        })
    }
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It holds nothing older.
    Current,
    /// Its older values are sealed anew.
    Resealed,
    /// The keys of its values are gone: nothing of it opens, nor ever will.
    Gone,
    /// Somebody else has stored something else meanwhile.
    Overtaken,
}

/// What of a row could not be sealed anew.
pub struct Failed {
    /// The purposes of the values that it concerns.
    pub purposes: Vec<Purpose>,
    /// Why.
    pub error: Error,
}

/// Why a row could not be sealed anew.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A value does not open, or KMS failed.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl Row {
    /// Whose.
    pub fn org(&self) -> &OrgId {
        &self.facts.org
    }

    /// What it is called.
    pub fn id(&self) -> &str {
        &self.facts.id
    }

    /// What of it counts, at this time: rows whose time is over are gone for everybody.
    pub fn is_gone(&self, now: i64) -> bool {
        self.facts.expires.is_some_and(|at| i64::try_from(at).is_ok_and(|at| at <= now))
    }

    /// Its values of a purpose that are sealed with a version below this.
    pub fn older_than(&self, purpose: Purpose, version: u32) -> usize {
        let older = |(field, sealed): &&(String, Sealed)| {
            self.purpose_of(field) == purpose && sealed.key_version().is_some_and(|with| with < version)
        };
        self.sealed.iter().filter(older).count()
    }

    fn purpose_of(&self, field: &str) -> Purpose {
        match (self.home, field) {
            (Home::Handshakes, _) => Purpose::Handshake,
            (Home::Integrations, "settings" | "metadata") => Purpose::Setting,
            _ => Purpose::Integration,
        }
    }

    fn place<'a>(&'a self, owner: &'a Owner, field: &'a str) -> Place<'a> {
        let Facts { id, org, provider, grant, settings_rev, metadata_rev, .. } = &self.facts;
        let purpose = self.purpose_of(field);
        let grant = match (purpose, field) {
            (Purpose::Setting, "settings") => *settings_rev,
            (Purpose::Setting, _) => *metadata_rev,
            _ => *grant,
        };
        Place { org, owner, purpose, record: id, provider, field, grant }
    }
}

/// Some rows of one home, and where it goes on. Rows without sealed values are left out.
pub async fn rows(app: &App, home: Home, from: Option<Where>) -> Result<(Vec<Row>, Option<Where>), store::Error> {
    let stretch = app.store.walk_sealed(home, from).await?;
    let rows = stretch.found.into_iter().filter_map(|item| row(home, &item).transpose());
    Ok((rows.collect::<Result<_, _>>()?, stretch.next))
}

fn row(home: Home, item: &Item) -> Result<Option<Row>, store::Error> {
    let (sealed, key) = (sealed_in(item), Key::of(item));
    if sealed.is_empty() {
        return Ok(None);
    }
    let key = key.ok_or_else(|| store::Error::Unreadable("a row without a key".to_owned()))?;
    Ok(Some(Row { home, key, facts: Facts::of(home, item)?, sealed }))
}

/// Seals anew what of a row is older than the current version of its key. One value that does not open keeps the others
/// from nothing.
pub async fn reseal(app: &App, row: &Row) -> Result<Done, Failed> {
    let owner = match row.facts.owner.as_str() {
        "_org" => Owner::Organisation,
        user => Owner::User(user.parse().map_err(|_| {
            let purposes = row.sealed.iter().map(|(field, _)| row.purpose_of(field)).collect();
            Failed { purposes, error: store::Error::Unreadable("the owner of a row".to_owned()).into() }
        })?),
    };
    let (mut values, mut gone, mut failed) = (Vec::new(), false, None::<Failed>);
    for (field, old) in &row.sealed {
        match app.vault.reseal(&row.place(&owner, field), old).await {
            Ok(Some(new)) => values.push(Replaced { field: field.clone(), old: old.clone(), new }),
            Ok(None) => {}
            Err(vault::Error::NoKey { .. }) => gone = true,
            Err(error) => failed = Some(and(failed, row.purpose_of(field), error)),
        }
    }
    let replaced =
        if values.is_empty() { None } else { Some(app.store.replace_sealed(row.home, &row.key, &values).await) };
    let done = match replaced {
        Some(Ok(true)) => Done::Resealed,
        Some(Ok(false)) => Done::Overtaken,
        Some(Err(error)) => {
            let all = values.iter().map(|value| row.purpose_of(&value.field));
            let purposes = all.chain(failed.into_iter().flat_map(|failed| failed.purposes)).collect();
            return Err(Failed { purposes, error: error.into() });
        }
        None if gone => Done::Gone,
        None => Done::Current,
    };
    failed.map_or(Ok(done), Err)
}

/// The first reason stands for all.
fn and(before: Option<Failed>, purpose: Purpose, error: vault::Error) -> Failed {
    let mut failed = before.unwrap_or_else(|| Failed { purposes: Vec::new(), error: error.into() });
    failed.purposes.push(purpose);
    failed
}
