//! Several records of one file for one place here: the same owner, provider and label.
//!
//! The file is looked through before anything is written, so that it does not matter in which order records are written,
//! nor whether an earlier run was cut short: the one that the older system read last is taken over, which is the newest,
//! of equals the last in the file, and one in use before one that was switched off. A few bytes a record are in memory
//! meanwhile, and afterwards only what is known of places that are there more than once.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher as _, RandomState},
    sync::Arc,
};

use jiff::Timestamp;
use shared::{app::App, store::integrations::Status};

use super::{
    grant,
    input::Input,
    names::Claims,
    people::{People, Whose},
    record::{Origin, Reader, Who},
};

/// A connection's place in the file: the record, and which of its connections.
pub(super) type Place = (u64, u32);

/// What is known of a connection that has others beside it.
pub(super) struct Best {
    pub(super) id: Origin,
    record: String,
    line: u64,
    rank: (bool, Option<Timestamp>, Place),
}

impl Best {
    /// When it was written, where it is in use: what was taken over before that gives way to it.
    pub(super) fn newer_than(&self) -> Option<Timestamp> {
        self.rank.1.filter(|_| self.rank.0)
    }

    /// Where it is, for a person.
    pub(super) fn told(&self) -> String {
        format!("{} on line {}", self.record, self.line)
    }
}

/// The connections that are not taken over, each with the one that is instead.
#[derive(Default)]
pub(super) struct Slots(HashMap<Place, Arc<Best>>);

/// A connection that could be kept, as it is found in the file.
struct Candidate {
    slot: u64,
    best: Best,
}

impl Slots {
    /// Looks through the file; `open` opens it from the beginning.
    pub(super) fn find(app: &App, people: &People<'_>, reader: &Reader, open: impl Fn() -> Option<Input>) -> Self {
        let hasher = RandomState::new();
        let (mut seen, mut twice) = (HashSet::new(), HashSet::new());
        let each = |f: &mut dyn FnMut(Candidate)| {
            if let Some(input) = open() {
                walk(app, people, reader, input, &hasher, f);
            }
        };
        each(&mut |found| {
            if !seen.insert(found.slot) {
                twice.insert(found.slot);
            }
        });
        drop(seen);
        if twice.is_empty() {
            return Self::default();
        }
        let mut several: HashMap<u64, (Best, Vec<Place>)> = HashMap::new();
        each(&mut |Candidate { slot, best }| {
            if !twice.contains(&slot) {
                return;
            }
            let place = best.rank.2;
            match several.get_mut(&slot) {
                None => drop(several.insert(slot, (best, vec![place]))),
                Some((known, places)) => {
                    places.push(place);
                    if best.rank > known.rank {
                        *known = best;
                    }
                }
            }
        });
        let mut lost = HashMap::new();
        for (best, places) in several.into_values() {
            let best = Arc::new(best);
            let others = places.into_iter().filter(|place| *place != best.rank.2);
            lost.extend(others.map(|place| (place, Arc::clone(&best))));
        }
        Self(lost)
    }

    /// What is taken over instead of the connection in this place, if it is not that one.
    pub(super) fn instead_of(&self, place: Place) -> Option<&Best> {
        self.0.get(&place).map(Arc::as_ref)
    }
}

fn walk(
    app: &App,
    people: &People<'_>,
    reader: &Reader,
    input: Input,
    hasher: &RandomState,
    found: &mut dyn FnMut(Candidate),
) {
    let mut claims = Claims::default();
    // Where the file cannot be read on is told when it is read for good.
    for (nth, record) in (0..).zip(input.records.map_while(Result::ok)) {
        let (named, connections) = reader.read(record.key.as_deref(), record.value);
        for (which, connection) in (0..).zip(connections) {
            let Ok(connection) = connection else { continue };
            let (who, id, written_at) = (connection.who.clone(), connection.id.clone(), connection.written_at);
            let in_use = connection.status != Some(Status::Inactive);
            let Ok(ready) = grant::checked(app, connection, &reader.ignore) else { continue };
            let Some(owner) = owner(people, &who, &mut claims) else { continue };
            let slot = hasher.hash_one((owner, ready.slot()));
            let rank = (in_use, written_at, (nth, which));
            found(Candidate { slot, best: Best { id, record: named.name.clone(), line: record.line, rank } });
        }
    }
}

/// Whose it is, told apart from others.
#[derive(Hash)]
enum Owner {
    Organisation(String),
    Person(u32),
}

/// Nobody, where that is not told and the record will be left out.
fn owner(people: &People<'_>, who: &Who, claims: &mut Claims) -> Option<Owner> {
    match people.whose(who) {
        Whose::Organisation => people.homes.of(who).ok().map(|(org, _)| Owner::Organisation(org.as_str().to_owned())),
        Whose::Mapped(to) => Some(Owner::Person(claims.named(to))),
        Whose::Nobody => match people.owner()?.owner() {
            shared::auth::Owner::Organisation => Some(Owner::Organisation(people.owner()?.org().as_str().to_owned())),
            shared::auth::Owner::User(user) => Some(Owner::Person(claims.named(user.as_str()))),
        },
        Whose::Person(person) => {
            // Without an organisation the record is left out, unless the person is found without one.
            let org = people.homes.of(who).map_or_else(|_| shared::id::derived(&["nowhere"]), |(org, _)| org);
            Some(Owner::Person(claims.person(&person, &org).0))
        }
    }
}
