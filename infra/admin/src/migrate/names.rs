//! What people of an older system are known by, and which of its people are one: as far as file, map and command line
//! tell, without a look at what is stored.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
};

use shared::{
    auth::email,
    id::{OrgId, UserId, derived},
};

use super::record::Who;

/// A person, by what the older system tells.
pub(super) struct Person<'a> {
    /// The id that it had, where that can be one here; else one that comes from what it was known by.
    pub(super) id: UserId,
    /// Normalised.
    pub(super) email: Option<String>,
    /// What an app knows them by.
    pub(super) external_id: Option<&'a str>,
    /// What a back end acts for them by, where they cannot sign in.
    pub(super) managed: Option<&'a str>,
}

impl<'a> Person<'a> {
    /// Nobody, where nothing is told. A name or number means somebody within one organisation only: `org` is where the
    /// record goes.
    pub(super) fn of(who: &'a Who, org: Option<&OrgId>) -> Option<Self> {
        let email = who.email.as_deref().and_then(email::normalise);
        let name = names(who).next()?;
        let kept = who.old_id.as_deref().filter(|old| old.len() == 24).and_then(|old| old.parse().ok());
        let id = kept.unwrap_or_else(|| {
            let org = org.map_or("", OrgId::as_str);
            derived(&["user of an older system", org, email.as_deref().unwrap_or(name)])
        });
        let external_id = who.external_id.as_deref();
        let managed = external_id.or_else(|| who.old_id.as_deref().filter(|_| email.is_none()));
        // What looks like an address and is none: nobody could sign in by it.
        let managed = managed.or_else(|| who.email.as_deref().filter(|_| email.is_none()));
        Some(Self { id, email, external_id, managed })
    }
}

/// All names of somebody, the surest first.
pub(super) fn names(who: &Who) -> impl Iterator<Item = &str> + Clone {
    [&who.old_id, &who.email, &who.external_id].into_iter().flatten().map(String::as_str)
}

/// Who would have which id, address and app's name, if all that was looked at had been taken over in this order. A few
/// bytes a person are in memory.
#[derive(Default)]
pub(super) struct Claims {
    hasher: RandomState,
    known: HashMap<u64, u32>,
    people: u32,
}

impl Claims {
    /// The person's number, and whether nobody had it before.
    pub(super) fn person(&mut self, person: &Person<'_>, org: &OrgId) -> (u32, bool) {
        let id = self.hasher.hash_one(("id", person.id.as_str()));
        let address = person.email.as_ref().map(|email| self.hasher.hash_one(("address", email.as_str())));
        let app = |name: Option<&str>| name.map(|name| self.hasher.hash_one(("app", org.as_str(), name)));
        let (external, managed) = (app(person.external_id), app(person.managed));
        let found = [Some(id), address, external].into_iter().flatten().find_map(|claim| self.known.get(&claim));
        if let Some(found) = found {
            return (*found, false);
        }
        // The address of somebody who does not sign in is a note, and nobody's claim.
        let second = if managed.is_some() { managed } else { address };
        (self.new_person([Some(id), second]), true)
    }

    /// The number of somebody who was named by an id or an address.
    pub(super) fn named(&mut self, named: &str) -> u32 {
        let claim = match email::normalise(named) {
            Some(address) => self.hasher.hash_one(("address", address.as_str())),
            None => self.hasher.hash_one(("id", named)),
        };
        match self.known.get(&claim) {
            Some(found) => *found,
            None => self.new_person([Some(claim), None]),
        }
    }

    fn new_person(&mut self, claims: [Option<u64>; 2]) -> u32 {
        self.people += 1;
        self.known.extend(claims.into_iter().flatten().map(|claim| (claim, self.people)));
        self.people
    }
}
