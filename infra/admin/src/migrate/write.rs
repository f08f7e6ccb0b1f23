//! What is done with one record: each of its connections is read and looked at, given to somebody, and written or looked
//! for. Nobody is made for a connection that cannot be kept.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    sync::Mutex,
};

use shared::{
    app::App,
    auth::Tenant,
    oauth::{connect::By, entry},
    upkeep::import::{self, Imported, Taken},
};

use super::{
    Mode,
    grant::{self, Ready},
    input::Found,
    people::{Belongs, People, lock},
    record::{Connection, Named, Reader, Skip, Who},
    report::{Fate, Outcome},
    slots::{Best, Place, Slots},
};
use crate::failure::told;

const NEWER: &str = "another record of this file is newer, or the later one, and has its place here";
const TAKEN_OVER: &str = "another record that was taken over has its place here";
const CLAIMED: &str = "somebody else has its e-mail address or its app's name: name the user in --map";
const OCCUPIED: &str = "its owner has connected, or ended, this here since";

/// How often somebody is looked for whom another has just made.
const ROUNDS: usize = 2;

/// What works on records.
pub(super) struct Work<'a> {
    pub(super) app: &'a App,
    pub(super) people: &'a People<'a>,
    pub(super) reader: &'a Reader,
    pub(super) slots: Slots,
    pub(super) mode: Mode,
    /// Whether users without connections get an account.
    pub(super) all_users: bool,
    /// What a dry run would have written: a few bytes each.
    pub(super) planned: Planned,
}

#[derive(Default)]
pub(super) struct Planned {
    hasher: RandomState,
    slots: Mutex<HashSet<u64>>,
}

impl Planned {
    /// Whether nothing has gone there before.
    fn is_first(&self, tenant: &Tenant, new: &Imported) -> bool {
        let slot = self.hasher.hash_one((tenant, &new.grant.provider, &new.grant.label));
        lock(&self.slots).insert(slot)
    }
}

impl Work<'_> {
    /// The record's name, and what became of its connections.
    pub(super) async fn record(&self, nth: u64, found: Found) -> (Named, Vec<Outcome>) {
        let (named, connections) = self.reader.read(found.key.as_deref(), found.value);
        let mut outcomes = Vec::with_capacity(connections.len());
        for (which, connection) in (0..).zip(connections) {
            let (provider, fate) = match connection {
                Ok(connection) => (connection.provider.clone(), self.one((nth, which), connection).await),
                Err(skip) => (String::new(), Err(skip)),
            };
            let fate = fate.unwrap_or_else(Fate::Skipped);
            outcomes.push(Outcome { record: named.name.clone(), line: found.line, provider, fate });
        }
        if let Some(who) = named.person.as_ref().filter(|_| self.all_users && outcomes.is_empty())
            && let Err(skip) = self.account(who).await
        {
            let (record, provider, fate) = (named.name.clone(), String::new(), Fate::Skipped(skip));
            outcomes.push(Outcome { record, line: found.line, provider, fate });
        }
        (named, outcomes)
    }

    /// An account for somebody whose connections are in another export.
    async fn account(&self, who: &Who) -> Result<(), Skip> {
        for _ in 0..ROUNDS {
            let belongs = self.people.found(who).await?;
            if !belongs.new || self.people.make(who, &belongs, self.mode).await? {
                return Ok(());
            }
        }
        Err(Skip::new(CLAIMED))
    }

    async fn one(&self, place: Place, old: Connection) -> Result<Fate, Skip> {
        let who = old.who.clone();
        let mut ready = grant::checked(self.app, old, &self.reader.ignore)?;
        if let Some(best) = self.slots.instead_of(place) {
            return self.other(&who, ready, best).await;
        }
        grant::described(self.app, &mut ready).await?;
        for _ in 0..ROUNDS {
            let belongs = self.people.found(&who).await?;
            if belongs.new {
                grant::tried(self.app, &belongs.tenant, &ready).await?;
                if !self.people.make(&who, &belongs, self.mode).await? {
                    continue;
                }
            }
            return self.keep(&belongs, ready).await;
        }
        Err(Skip::new(CLAIMED))
    }

    async fn keep(&self, belongs: &Belongs, mut ready: Ready) -> Result<Fate, Skip> {
        let (app, Belongs { tenant, new: is_new }) = (self.app, belongs);
        // No provider is asked for anything on behalf of a place that is taken. Whoever is not there yet has nothing yet.
        if self.mode == Mode::Write || (self.mode == Mode::DryRun && !is_new) {
            match import::look(app, tenant, ready.within(tenant)).await {
                Ok(None) => {}
                Ok(Some(taken)) => return became(taken),
                Err(error) => return Ok(Fate::Failed(told(&error))),
            }
        }
        let new = grant::entered(app, tenant, ready, self.mode == Mode::Write).await?;
        match self.mode {
            Mode::Check => self.check(tenant, &new).await,
            Mode::DryRun if !self.planned.is_first(tenant, &new) => Err(Skip::new(TAKEN_OVER)),
            Mode::DryRun => Ok(Fate::Written),
            Mode::Write => {
                let done = import::take(app, tenant, &new, By { actor: "operator", request: None }).await;
                if !matches!(done, Ok(Taken::Made)) {
                    entry::give_back(app, &new.grant).await;
                }
                done.map_or_else(|error| Ok(Fate::Failed(told(&error))), became)
            }
        }
    }

    /// A connection whose place belongs to another of this file. It may be here all the same: taken over from an export
    /// that did not have the other one.
    async fn other(&self, who: &Who, mut ready: Ready, best: &Best) -> Result<Fate, Skip> {
        let (app, instead) = (self.app, || Skip::instead(NEWER, best.told()));
        let Belongs { tenant, new: is_new } = self.people.found(who).await.map_err(|_| instead())?;
        if is_new || ready.id == best.id {
            return Err(instead());
        }
        let (id, here) = (best.id.within(&tenant), ready.within(&tenant));
        // It gives way to the other one in this run, or did so before.
        let gives_way = self.mode != Mode::Check
            && matches!(import::look_as(app, &tenant, here, &id, best.newer_than()).await, Ok(None));
        match import::look(app, &tenant, here).await {
            Ok(Some(Taken::There)) if !gives_way => {}
            Ok(_) => return Err(instead()),
            Err(error) => return Ok(Fate::Failed(told(&error))),
        }
        if self.mode != Mode::Check {
            return Ok(Fate::There);
        }
        let new = grant::entered(app, &tenant, ready, false).await.map_err(|_| instead())?;
        self.check(&tenant, &new).await
    }

    async fn check(&self, tenant: &Tenant, new: &Imported) -> Result<Fate, Skip> {
        let failed =
            |error: &dyn std::error::Error| Fate::Failed(format!("is here and does not open: {}", told(error)));
        match import::look(self.app, tenant, new).await {
            Ok(None) => return Err(Skip::new("is not here: migrate first")),
            Ok(Some(Taken::There)) => {}
            Ok(Some(taken)) => return Err(in_its_place(taken)),
            Err(error) => return Ok(failed(&error)),
        }
        match import::is_kept(self.app, tenant, new).await {
            Ok(true) => Ok(Fate::There),
            Ok(false) => Err(Skip::new("is here, and its secret is another than in this file")),
            Err(error) => Ok(failed(&error)),
        }
    }
}

fn became(taken: Taken) -> Result<Fate, Skip> {
    match taken {
        Taken::Made => Ok(Fate::Written),
        Taken::There => Ok(Fate::There),
        taken => Err(in_its_place(taken)),
    }
}

fn in_its_place(taken: Taken) -> Skip {
    match taken {
        Taken::Another(id) => Skip::instead(TAKEN_OVER, id),
        Taken::Made | Taken::There | Taken::Occupied => Skip::new(OCCUPIED),
    }
}
