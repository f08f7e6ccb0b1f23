//! Which organisation here is which of the older system's, as the map says, as the command line says, or by itself.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
    sync::Mutex,
};

use serde::Deserialize;
use shared::{
    app::App,
    id::{OrgId, derived},
};

use super::{
    people::lock,
    record::{Skip, Who},
};
use crate::failure::Failure;

/// Who is who, as the operator tells.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Map {
    pub(super) users: HashMap<String, String>,
    pub(super) organisations: HashMap<String, OrgId>,
}

impl Map {
    pub(super) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::default()) };
        let wrong = |error: &dyn std::fmt::Display| Failure::usage(format!("{}: {error}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| wrong(&error))?;
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| wrong(&error))
    }
}

/// The older system's organisations.
pub(super) struct Homes {
    told: HashMap<String, OrgId>,
    everything: Option<OrgId>,
    /// The older installation, where there is more than one: each counts its organisations from one.
    source: Option<String>,
    /// Those that became organisations of their own.
    seen: Mutex<BTreeMap<OrgId, Home>>,
}

/// An organisation of the older system that is one here.
struct Home {
    old: String,
    made: bool,
    administrator_planned: bool,
}

impl Homes {
    pub(super) fn new(told: HashMap<String, OrgId>, everything: Option<OrgId>, source: Option<String>) -> Self {
        Self { told, everything, source, seen: Mutex::default() }
    }

    /// Where somebody's connections belong. Where that is an organisation of its own, the old one is named.
    pub(super) fn of<'b>(&self, who: &'b Who) -> Result<(OrgId, Option<&'b str>), Skip> {
        let old = who.organisation.as_deref();
        if let Some(told) = old.and_then(|old| self.told.get(old)).or(self.everything.as_ref()) {
            return Ok((told.clone(), None));
        }
        let old = old.ok_or_else(|| Skip::new("names no organisation: say where it goes with --org"))?;
        let kind = "organisation of an older system";
        let org = match &self.source {
            None => derived(&[kind, old]),
            Some(source) => derived(&[kind, source, old]),
        };
        Ok((org, Some(old)))
    }

    /// Makes one, unless that was done.
    pub(super) async fn make(&self, app: &App, org: &OrgId, old: &str) -> Result<(), shared::store::Error> {
        if !self.note(org, old, |_| ()) {
            app.store.import_organisation(org, &format!("Organisation {old}")).await?;
            self.note(org, old, |home| home.made = true);
        }
        Ok(())
    }

    /// Says that it would have somebody who looks after it.
    pub(super) fn plan_administrator(&self, org: &OrgId, old: &str) {
        self.note(org, old, |home| home.administrator_planned = true);
    }

    /// Says that something of it is here.
    pub(super) fn seen(&self, org: &OrgId, old: &str) {
        self.note(org, old, |_| ());
    }

    /// Notes something. Whether it was made before.
    fn note(&self, org: &OrgId, old: &str, change: impl FnOnce(&mut Home)) -> bool {
        let mut seen = lock(&self.seen);
        let new = || Home { old: old.to_owned(), made: false, administrator_planned: false };
        let home = seen.entry(org.clone()).or_insert_with(new);
        let made = home.made;
        change(home);
        made
    }

    /// Those that nobody looks after here.
    pub(super) async fn without_administrator(&self, app: &App) -> Result<Vec<String>, Failure> {
        let homes = std::mem::take(&mut *lock(&self.seen));
        let mut found = Vec::new();
        for (org, home) in homes.into_iter().filter(|(_, home)| !home.administrator_planned) {
            if app.store.organisation(&org).await?.is_none_or(|organisation| organisation.admins == 0) {
                found.push(format!("{org} (organisation {})", home.old));
            }
        }
        Ok(found)
    }
}
