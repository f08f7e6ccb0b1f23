//! Whose each connection becomes: found by the map, by id, by e-mail address or by the name an app knows; otherwise made,
//! without a password, and not before it is sure that something is kept for them.
//!
//! An account that somebody registered here under an address nobody has proven is given nothing: whoever knew of the
//! migration could have registered it.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use shared::{
    app::App,
    auth::{Owner, Role, Tenant},
    id::OrgId,
    store::{
        imported::{ImportedUser, Taken},
        users::User,
    },
};

use super::{
    Mode,
    homes::{Homes, Map},
    names::{Claims, Person, names},
    record::{Skip, Who},
};
use crate::{
    cli::Migrate,
    failure::{Failure, told},
    users::find,
};

/// So many people are remembered; a connection's neighbours are often the same person's.
const REMEMBERED: usize = 4096;
/// Nobody is known by anything longer, in bytes.
const LONGEST: usize = 1024;
/// No name that is shown is longer, in characters.
const LONGEST_NAME: usize = 200;

/// Finds people, and makes them.
pub(super) struct People<'a> {
    app: &'a App,
    /// Who is meant by an old id, name or address.
    users: HashMap<String, String>,
    pub(super) homes: Homes,
    owner: Option<Tenant>,
    trust_emails: bool,
    may_make: bool,
    known: Mutex<HashMap<Who, Tenant>>,
    /// Who would have been made in a dry run.
    planned: Mutex<Claims>,
    made: AtomicU64,
    making: tokio::sync::Mutex<()>,
}

/// Whose a record is, by what it says and what the operator says.
pub(super) enum Whose<'a> {
    Organisation,
    /// Who the map names.
    Mapped(&'a str),
    /// It is told by `--owner`, if at all.
    Nobody,
    Person(Person<'a>),
}

/// Where a connection goes.
pub(super) struct Belongs {
    pub(super) tenant: Tenant,
    /// Somebody must be made for it first.
    pub(super) new: bool,
}

impl<'a> People<'a> {
    pub(super) async fn new(app: &'a App, args: &Migrate, map: Map) -> Result<Self, Failure> {
        for org in args.org.iter().chain(map.organisations.values()) {
            if app.store.organisation(org).await?.is_none() {
                return Err(Failure::usage(format!("there is no organisation {org}; `seed` makes the first one")));
            }
        }
        let owner = match args.owner.as_deref() {
            None => None,
            Some("organisation") => {
                let org = args.org.clone().ok_or_else(|| Failure::usage("--owner organisation needs --org"))?;
                Some(Tenant::for_job(org, Owner::Organisation))
            }
            Some(named) => {
                let user = find(app, named).await?;
                let user = user.ok_or_else(|| Failure::usage(format!("--owner: there is no user {named}")))?;
                Some(tenant(&user))
            }
        };
        Ok(Self {
            app,
            users: map.users,
            homes: Homes::new(map.organisations, args.org.clone(), args.source.clone()),
            owner,
            trust_emails: args.trust_emails,
            may_make: !args.no_new_users,
            known: Mutex::default(),
            planned: Mutex::default(),
            made: AtomicU64::new(0),
            making: tokio::sync::Mutex::default(),
        })
    }

    /// How many accounts were made, or would be.
    pub(super) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Who `--owner` names.
    pub(super) fn owner(&self) -> Option<&Tenant> {
        self.owner.as_ref()
    }

    /// Whose a record is.
    pub(super) fn whose<'b>(&'b self, who: &'b Who) -> Whose<'b> {
        if who.everybody {
            return Whose::Organisation;
        }
        if let Some(to) = names(who).find_map(|name| self.users.get(name)) {
            return Whose::Mapped(to);
        }
        let home = self.homes.of(who).ok();
        Person::of(who, home.as_ref().map(|(org, _)| org)).map_or(Whose::Nobody, Whose::Person)
    }

    /// Whose a connection becomes. Nothing is made.
    pub(super) async fn found(&self, who: &Who) -> Result<Belongs, Skip> {
        if let Some(known) = lock(&self.known).get(who) {
            return Ok(Belongs { tenant: known.clone(), new: false });
        }
        let belongs = self.looked_up(who).await?;
        if !belongs.new {
            self.remember(who, &belongs.tenant);
        }
        Ok(belongs)
    }

    fn remember(&self, who: &Who, tenant: &Tenant) {
        if let Ok((org, Some(old))) = self.homes.of(who)
            && org == *tenant.org()
        {
            self.homes.seen(&org, old);
        }
        let mut known = lock(&self.known);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(who.clone(), tenant.clone());
    }

    async fn looked_up(&self, who: &Who) -> Result<Belongs, Skip> {
        let here = |tenant: Tenant| Ok(Belongs { tenant, new: false });
        let person = match self.whose(who) {
            Whose::Organisation => {
                let (org, old) = self.homes.of(who)?;
                return Ok(Belongs { tenant: Tenant::for_job(org, Owner::Organisation), new: old.is_some() });
            }
            Whose::Mapped(to) => {
                let user = find(self.app, to).await.map_err(|error| Skip::new(error.to_string()))?;
                let user = user.ok_or_else(|| Skip::new(format!("the map names {to}, who is not here")))?;
                return here(tenant(&user));
            }
            Whose::Nobody => {
                let nobody = || Skip::new("names nobody: say whose it is with --owner");
                return here(self.owner.clone().ok_or_else(nobody)?);
            }
            Whose::Person(person) => person,
        };
        if names(who).any(|name| name.len() > LONGEST) {
            return Err(Skip::new("what its user is known by is longer than 1024 bytes"));
        }
        let org = self.homes.of(who);
        if let Some(user) = self.app.store.user(&person.id, true).await.map_err(skip)? {
            let at_home = org.as_ref().ok().is_none_or(|(org, _)| *org == user.org);
            // A managed user has no address that anybody could trust.
            if at_home || user.is_verified || (self.trust_emails && user.external_id.is_none()) {
                return here(tenant(&user));
            }
            return Err(Skip::instead(
                "its user is here already, in another organisation: name the user in --map to give it to them there",
                user.org.to_string(),
            ));
        }
        if let Some(user) = self.by_address(person.email.as_deref(), org.as_ref().ok().map(|(org, _)| org)).await? {
            return here(tenant(&user));
        }
        let (org, _) = org?;
        if let Some(external) = person.external_id
            && let Some(user) = self.app.store.user_by_external_id(&org, external).await.map_err(skip)?
        {
            return here(tenant(&user));
        }
        if !self.may_make {
            return Err(Skip::new("its user has no account here"));
        }
        Ok(Belongs { tenant: Tenant::for_job(org, Owner::User(person.id)), new: true })
    }

    async fn by_address(&self, email: Option<&str>, org: Option<&OrgId>) -> Result<Option<User>, Skip> {
        let Some(email) = email else { return Ok(None) };
        match self.app.store.user_by_email(email).await.map_err(skip)? {
            Some(user) if user.is_verified || self.trust_emails || Some(&user.org) == org => Ok(Some(user)),
            Some(user) => Err(Skip::instead(
                "somebody has registered this e-mail address and never proven it: name the user in --map, or say --trust-emails",
                user.id.to_string(),
            )),
            None => Ok(None),
        }
    }

    /// Makes who is missing, or says in a dry run that they would be. False where somebody else has the address or the
    /// app's name by now: a second look finds them.
    pub(super) async fn make(&self, who: &Who, belongs: &Belongs, mode: Mode) -> Result<bool, Skip> {
        if mode == Mode::Check {
            return Ok(true);
        }
        let (org, old) = self.homes.of(who)?;
        let person = match self.whose(who) {
            Whose::Person(person) => Some(person),
            _ => None,
        };
        // Whoever looked after an organisation there does so here, where it is the same one: never in another.
        let role = if who.administrator && old.is_some() { Role::Admin } else { Role::Member };
        if mode == Mode::DryRun {
            let new = person.as_ref().is_some_and(|person| lock(&self.planned).person(person, &org).1);
            self.made.fetch_add(u64::from(new), Ordering::Relaxed);
            if let (Some(old), Role::Admin) = (old, role) {
                self.homes.plan_administrator(&org, old);
            }
            self.remember(who, &belongs.tenant);
            return Ok(true);
        }
        if let Some(old) = old {
            self.homes.make(self.app, &org, old).await.map_err(skip)?;
        }
        if let Some(person) = person
            && !self.make_person(who, &person, &org, role).await?
        {
            return Ok(false);
        }
        self.remember(who, &belongs.tenant);
        Ok(true)
    }

    async fn make_person(&self, who: &Who, person: &Person<'_>, org: &OrgId, role: Role) -> Result<bool, Skip> {
        let email = person.email.as_deref();
        let full_name = who.name.as_deref().or(email).or(person.external_id).unwrap_or("Somebody");
        let full_name: String = full_name.chars().take(LONGEST_NAME).collect();
        // Nobody who signs in: a back end acts for them, by the name that the older system had.
        let new = ImportedUser { id: &person.id, org, email, role, full_name: &full_name, external_id: person.managed };
        // Each new member is counted in the organisation's row, where many at once would only meet.
        let _turn = self.making.lock().await;
        let taken = self.app.store.import_user(&new).await.map_err(skip)?;
        self.made.fetch_add(u64::from(taken == Taken::Made), Ordering::Relaxed);
        Ok(taken != Taken::Claimed)
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
fn skip(error: shared::store::Error) -> Skip {
    Skip::new(told(&error))
}

fn tenant(user: &User) -> Tenant {
    Tenant::for_job(user.org.clone(), Owner::User(user.id.clone()))
}
