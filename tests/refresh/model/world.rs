//! The whole world at one moment, and how each event changes it.

use shared::oauth::refresh::decide::{Next, Outcome, Want};
use shared::store::{
    expression::{Change, Look, Row, Step, Value, Write},
    integrations::{
        attribute as at,
        protocol::{CALL, Failure, Held, View},
    },
};

use super::{
    action::{Action, Start},
    provider::{Answer, Provider, Token},
    refresher::{Aim, Phase, Refresher},
    rules::Rules,
};

/// How long new access tokens live, in seconds: short, so that a second refresh falls due within the search.
pub(super) const LIFE: i64 = 60;

/// Written, and never asked for: left out, so that worlds which differ in nothing else count as one.
pub(crate) const BOOKKEEPING: [&str; 5] = [at::UPDATED_AT, at::CONNECTED_AT, at::LAST_ERROR, at::EXPIRES, at::REV];

/// What went wrong and can be seen only when it happens.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::struct_excessive_bools, reason = "each is a promise of its own")]
pub(crate) struct Seen {
    /// Two calls with one refresh token at one time.
    pub(crate) overlap: bool,
    /// A spent token was tried while the access token still worked.
    pub(crate) risked: bool,
    pub(crate) own_lease: bool,
    /// The provider was called before a back-off was over.
    pub(crate) hasty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: i64,
    pub(crate) row: Row,
    pub(crate) refreshers: [Refresher; 2],
    pub(crate) provider: Provider,
    /// Writes under way whose sender waits no more.
    pub(crate) late: Vec<Write>,
    /// The consent that the owner means to be connected by.
    pub(crate) owner: Option<usize>,
    /// Whether the owner has switched it off.
    pub(crate) off: bool,
    /// Families whose newest token was lost by a fault, not by the protocol.
    pub(crate) excused: Vec<bool>,
    pub(crate) seen: Seen,
    pub(crate) faults: u8,
    pub(crate) moves: u8,
}

impl World {
    pub(crate) fn new(start: Start, faults: u8, moves: u8, aim: Aim) -> Self {
        let mut world = Self {
            now: 0,
            row: Row::new(),
            refreshers: [Refresher::new('a', 2, Aim::Fresh), Refresher::new('b', 1, aim)],
            provider: Provider::default(),
            late: Vec::new(),
            owner: None,
            off: false,
            excused: Vec::new(),
            seen: Seen::default(),
            faults,
            moves,
        };
        world.connect(&Rules::ours());
        let ends = match start {
            Start::Ended => 0,
            Start::Stale => 45,
        };
        world.row.insert(at::EXPIRES_AT.into(), ends.into());
        world.row.insert(at::REFRESHED_AT.into(), (ends - 300).into());
        world
    }

    /// Whether no call would be older than it may after this many seconds more.
    pub(crate) fn calls_have_time(&self, seconds: i64) -> bool {
        self.refreshers.iter().all(|refresher| match refresher.phase {
            Phase::Calling { sent, .. } => self.now + seconds <= sent + CALL,
            _ => true,
        })
    }

    /// The refresh token in the row.
    pub(crate) fn token(&self) -> Option<Token> {
        self.row.look(at::REFRESH_TOKEN).and_then(|value| value.number()).map(Token::of)
    }

    pub(crate) fn step(&mut self, rules: &Rules, action: Action) {
        if matches!(action, Action::Delay(_) | Action::Fail(_) | Action::Lose(_) | Action::Crash(_)) {
            self.faults -= 1;
        }
        match action {
            Action::Tick => self.now += super::TICK,
            Action::Connect => {
                self.moves -= 1;
                self.connect(rules);
            }
            Action::Disconnect => {
                self.moves -= 1;
                self.disconnect(rules);
            }
            Action::Switch => {
                self.moves -= 1;
                self.switch(rules);
            }
            Action::Start(who) => self.start(rules, who),
            Action::Write(who) => self.write(rules, who),
            Action::Delay(who) => self.late.extend(self.refreshers[who].write().cloned()),
            Action::Arrive(which) => {
                let write = self.late.remove(which);
                let _ = self.apply(&write);
            }
            Action::Send(who) => self.send(rules, who),
            Action::Process(who) => self.process(who),
            Action::Answer(who) => self.answer(rules, who),
            Action::Fail(who) => self.end_call(rules, who, false),
            Action::Lose(who) => self.end_call(rules, who, true),
            Action::Crash(who) => self.crash(who),
        }
    }

    /// The write that an action sends to the database, if it does.
    pub(crate) fn write_of(&self, rules: &Rules, action: Action) -> Option<Write> {
        match action {
            Action::Write(who) => self.refreshers[who].write().cloned(),
            Action::Arrive(which) => self.late.get(which).cloned(),
            Action::Connect => Some(self.connecting(rules, self.provider.next())),
            Action::Disconnect => Some(self.disconnecting(rules)),
            Action::Switch => Some(self.switching(rules)),
            _ => None,
        }
    }

    /// The database's part: the row afterwards, or the row that was in the way.
    pub(super) fn apply(&mut self, write: &Write) -> Result<(), ()> {
        if write.condition.holds(&self.row) {
            let before = self.row.look(at::ATTEMPT);
            write.change.apply(&mut self.row);
            if self.row.look(at::ATTEMPT) != before {
                self.overtake();
            }
            self.row.insert(at::PK.into(), "row".into());
            self.row.retain(|name, _| !BOOKKEEPING.contains(&name.as_ref()));
            Ok(())
        } else if write.landed.holds(&self.row) {
            Ok(())
        } else {
            Err(())
        }
    }

    /// Another's lease: tokens that somebody was given and has been too slow to store are lost.
    fn overtake(&mut self) {
        let attempt = self.row.look(at::ATTEMPT);
        for refresher in &self.refreshers {
            if let Some(token) = refresher.given().filter(|_| attempt != Some(refresher.me().into())) {
                self.excused[token.family] = true;
            }
        }
    }

    fn start(&mut self, rules: &Rules, who: usize) {
        let grant = View::of(&self.row).grant;
        let refresher = &mut self.refreshers[who];
        refresher.starts -= 1;
        refresher.want = refresher.aim.of(grant);
        let write = (rules.lease)(grant, &refresher.me(), self.now);
        refresher.phase = Phase::Leasing { grant, write };
    }

    fn write(&mut self, rules: &Rules, who: usize) {
        let phase = self.refreshers[who].phase.clone();
        let Some(write) = self.refreshers[who].write().cloned() else { return };
        let done = self.apply(&write).is_ok();
        self.refreshers[who].phase = match phase {
            Phase::Leasing { grant, .. } if done => self.leased(rules, who, grant),
            Phase::Leasing { .. } => {
                let until = write.change.steps().iter().find_map(|step| match step {
                    Step::Set(at::LEASE_UNTIL, until) => Some(until.clone()),
                    _ => None,
                });
                let me = Value::from(self.refreshers[who].me());
                let own = self.row.look(at::ATTEMPT) == Some(me) && self.row.look(at::LEASE_UNTIL) == until;
                self.seen.own_lease |= own;
                Phase::Idle
            }
            Phase::Intending { held, .. } if done => Phase::Ready { held },
            Phase::Settling { given: Some(_), .. } if !done => {
                if (rules.give_back)(Some(&View::of(&self.row))) {
                    self.provider.revoke();
                }
                Phase::Idle
            }
            _ => Phase::Idle,
        };
    }

    fn leased(&self, rules: &Rules, who: usize, grant: i64) -> Phase {
        let Some(held) = Held::of(&self.row, &self.refreshers[who].me(), grant) else { return Phase::Idle };
        if (rules.on_lease)(&View::of(&self.row), self.refreshers[who].want, self.now) != Next::Lease {
            return Phase::Leaving { write: (rules.release)(&held, Change::new()) };
        }
        match rules.intent {
            Some(intent) => Phase::Intending { write: intent(&held, self.now), held },
            None => Phase::Ready { held },
        }
    }

    fn send(&mut self, rules: &Rules, who: usize) {
        let Phase::Ready { held } = self.refreshers[who].phase.clone() else { return };
        let token = self.token().filter(|_| View::of(&self.row).grant == held.grant);
        self.refreshers[who].phase = match token {
            Some(token) if (rules.has_time_to_call)(&held, self.now) => {
                let other = &self.refreshers[1 - who].phase;
                self.seen.overlap |= matches!(other, Phase::Calling { token: theirs, .. } if *theirs == token);
                let View { expires_at, retry_at, .. } = View::of(&self.row);
                // One whose token the provider refuses has nothing to lose.
                let works = expires_at.is_some_and(|end| self.now < end)
                    && !matches!(self.refreshers[who].want, Want::Replaced(_));
                self.seen.risked |= works && !self.provider.takes(token);
                self.seen.hasty |= retry_at.is_some_and(|at| at > self.now);
                Phase::Calling { held, token, sent: self.now, answer: None }
            }
            // The product opens the token before; where the owner has moved on, there is none to call with.
            None => Phase::Idle,
            Some(_) => Phase::Leaving { write: (rules.withdraw)(&held) },
        };
    }

    fn process(&mut self, who: usize) {
        if let Phase::Calling { token, answer, .. } = &mut self.refreshers[who].phase {
            *answer = Some(self.provider.refresh(*token));
        }
    }

    fn answer(&mut self, rules: &Rules, who: usize) {
        let Phase::Calling { held, answer: Some(answer), .. } = self.refreshers[who].phase.clone() else { return };
        let (outcome, given) = match answer {
            Answer::Given(token) => {
                let tokens = Change::new().set(at::REFRESH_TOKEN, token.number()).set(at::EXPIRES_AT, self.now + LIFE);
                (Outcome::Given(tokens), Some(token))
            }
            Answer::InvalidGrant => (Outcome::Dead("invalid_grant".to_owned()), None),
        };
        let write = (rules.settle)(&held, outcome, Change::new(), self.now);
        self.refreshers[who].phase = Phase::Settling { held, write, given };
    }

    fn end_call(&mut self, rules: &Rules, who: usize, unknown: bool) {
        let Phase::Calling { held, .. } = self.refreshers[who].phase.clone() else { return };
        self.excuse(who);
        let failure = Failure { retry_at: self.now + 5, error: "failed".to_owned(), count: 1, unknown };
        let write = (rules.settle)(&held, Outcome::Failed(failure), Change::new(), self.now);
        self.refreshers[who].phase = Phase::Settling { held, write, given: None };
    }

    fn crash(&mut self, who: usize) {
        self.excuse(who);
        self.refreshers[who].lives += 1;
        self.refreshers[who].phase = Phase::Idle;
    }

    /// A fault takes from this refresher what the provider gave it.
    fn excuse(&mut self, who: usize) {
        if let Some(token) = self.refreshers[who].given() {
            self.excused[token.family] = true;
        }
    }
}
