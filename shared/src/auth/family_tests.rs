//! Many clients of one session at once, in every order that a machine comes up with.
//!
//! The stored row is played by a copy with the condition of the real write; the store's own test holds that against the
//! database.

use std::collections::HashMap;

use proptest::prelude::*;

use super::*;
use crate::id::Ids;

const START: i64 = 1_800_000_000;
const LIFE: i64 = 7 * 24 * 3600;

/// One session, its clock, and every token that was ever handed out.
struct World {
    keys: Keys,
    row: Family,
    now: Timestamp,
    tokens: Vec<String>,
    /// What each token was answered with, and when its first answer was computed.
    followed: HashMap<usize, (usize, Timestamp)>,
}

/// A request between its read and its write.
struct Flight {
    token: usize,
    seen: Family,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Token(usize),
    Refused,
}

impl World {
    fn new() -> Self {
        let ids = Ids::seeded(7);
        let id: FamilyId = ids.make();
        let first = first(&id).expose().clone();
        let now = Timestamp::from_second(START).unwrap();
        let row = Family {
            id,
            user: ids.make(),
            org: ids.make(),
            started_at: now,
            expires: START + LIFE,
            generation: 0,
            current: Some(opaque::hash(&first)),
            previous: None,
            rotated_at: None,
            cookie: None,
            revoked_at: None,
            sessions: 0,
        };
        let keys = Keys::derive(&"a seed".into(), None).unwrap();
        Self { keys, row, now, tokens: vec![first], followed: HashMap::new() }
    }

    fn read(&self, token: usize) -> Flight {
        Flight { token, seen: self.row.clone() }
    }

    /// The rest of a request, with the loop that the session code runs when its write is refused.
    fn finish(&mut self, mut flight: Flight) -> Outcome {
        let presented = self.tokens[flight.token].clone();
        // As many rounds as the session code has.
        for _ in 0..4 {
            match judge(&flight.seen, &opaque::hash(&presented), self.now) {
                Verdict::Current => {
                    let next = flight.seen.generation + 1;
                    let token = successor(self.keys.current(), &self.row.id, &presented, next).expose().clone();
                    if self.write(&flight.seen, &opaque::hash(&token)) {
                        self.tokens.push(token);
                        self.followed.insert(flight.token, (self.tokens.len() - 1, self.now));
                        return Outcome::Token(self.tokens.len() - 1);
                    }
                    flight.seen = self.row.clone();
                }
                Verdict::Again => {
                    let same = same_successor(&self.keys, &flight.seen, &presented).unwrap();
                    let place = self.tokens.iter().position(|token| token == same.expose()).unwrap();
                    return Outcome::Token(place);
                }
                Verdict::Reused => {
                    self.row.revoked_at.get_or_insert(self.now);
                    return Outcome::Refused;
                }
                Verdict::Ended => return Outcome::Refused,
            }
        }
        panic!("a request went round and round");
    }

    fn write(&mut self, seen: &Family, successor: &str) -> bool {
        let holds =
            self.row.current == seen.current && self.row.generation == seen.generation && self.row.lives(self.now);
        if holds {
            self.row.previous = self.row.current.replace(successor.to_owned());
            self.row.generation += 1;
            self.row.rotated_at = Some(self.now);
        }
        holds
    }

    fn pass(&mut self, seconds: i64) {
        self.now = Timestamp::from_second(self.now.as_second() + seconds).unwrap();
    }

    fn present(&mut self, token: usize) -> Outcome {
        let flight = self.read(token);
        self.finish(flight)
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Somebody reads the row with some token handed out so far.
    Read(prop::sample::Index),
    /// One of the requests under way goes on.
    Finish(prop::sample::Index),
    Pass(i64),
    SignOut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => any::<prop::sample::Index>().prop_map(Step::Read),
        6 => any::<prop::sample::Index>().prop_map(Step::Finish),
        3 => prop_oneof![Just(1_i64), Just(9), Just(11), 1_i64..100_000].prop_map(Step::Pass),
        1 => Just(Step::SignOut),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn no_order_of_requests_breaks_the_rules(steps in steps()) {
        let mut world = World::new();
        let mut flights: Vec<Flight> = Vec::new();
        for step in steps {
            match step {
                Step::Pass(seconds) => world.pass(seconds),
                Step::SignOut => { world.row.revoked_at.get_or_insert(world.now); }
                Step::Read(which) => {
                    let token = which.index(world.tokens.len());
                    flights.push(world.read(token));
                }
                Step::Finish(_) if flights.is_empty() => {}
                Step::Finish(which) => {
                    let flight = flights.swap_remove(which.index(flights.len()));
                    let token = flight.token;
                    let (lived, before) = (flight.seen.lives(world.now) && world.row.lives(world.now), world.tokens.len());
                    let earlier = world.followed.get(&token).copied();
                    match world.finish(flight) {
                        Outcome::Token(given) => {
                            if let Some((follower, at)) = earlier {
                                // A used token gives what it gave before, and only for ten seconds.
                                prop_assert_eq!(given, follower);
                                prop_assert!(world.now.duration_since(at).unsigned_abs() <= GRACE);
                                prop_assert_eq!(world.tokens.len(), before);
                            } else {
                                // A fresh one needs a session that lives.
                                prop_assert!(lived);
                                prop_assert_eq!(given, before);
                            }
                        }
                        // Whoever is refused leaves no living session behind.
                        Outcome::Refused => prop_assert!(!world.row.lives(world.now) || !lived),
                    }
                }
            }
            // However many asked, each token has one successor.
            prop_assert_eq!(world.tokens.len(), usize::try_from(world.row.generation).unwrap() + 1);
        }
    }
}

#[test]
fn two_tabs_at_once_get_the_same_successor() {
    let mut world = World::new();
    let (one, two) = (world.read(0), world.read(0));
    let (one, two) = (world.finish(one), world.finish(two));
    assert_eq!(one, Outcome::Token(1));
    assert_eq!(two, Outcome::Token(1));
}

#[test]
fn a_used_token_after_ten_seconds_ends_the_session_for_all() {
    let mut world = World::new();
    world.present(0);
    world.pass(10);
    assert_eq!(world.present(0), Outcome::Token(1));
    world.pass(1);
    assert_eq!(world.present(0), Outcome::Refused);
    assert_eq!(world.present(1), Outcome::Refused);
}

#[test]
fn a_token_two_generations_old_ends_the_session_at_once() {
    let mut world = World::new();
    world.present(0);
    world.present(1);
    assert_eq!(world.present(0), Outcome::Refused);
    assert!(world.row.revoked_at.is_some());
}

#[test]
fn no_refreshing_outlives_seven_days() {
    let mut world = World::new();
    for newest in 0..8 {
        world.pass(24 * 3600 - 1);
        let given = world.present(newest);
        assert_eq!(given, if newest < 7 { Outcome::Token(newest + 1) } else { Outcome::Refused }, "day {newest}");
    }
}

#[test]
fn a_new_seed_between_two_tabs_does_not_end_the_session() {
    let mut world = World::new();
    world.present(0);
    world.keys = Keys::derive(&"a new seed".into(), Some(&"a seed".into())).unwrap();
    assert_eq!(world.present(0), Outcome::Token(1));
    assert_eq!(world.present(1), Outcome::Token(2));
}

#[test]
fn a_page_session_has_no_refresh_token_to_guess() {
    let mut world = World::new();
    world.row.current = None;
    assert_eq!(world.present(0), Outcome::Refused);
    assert!(world.row.lives(world.now), "a stranger's guess must not end it");
}
