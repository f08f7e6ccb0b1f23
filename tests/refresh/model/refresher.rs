//! One refresher: where it stands, and what it does next.

use shared::oauth::refresh::decide::Want;
use shared::store::{expression::Write, integrations::protocol::Held};

use super::provider::{Answer, Token};

/// What a refresher is after: that of a reader, of the schedule, or of whose token the provider has just refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Aim {
    Fresh,
    Renewed,
    Replaced,
}

impl Aim {
    /// What it wants of a row that it found with this grant.
    pub(crate) fn of(self, grant: i64) -> Want {
        match self {
            Self::Fresh => Want::Fresh,
            Self::Renewed => Want::Renewed(grant),
            Self::Replaced => Want::Replaced(grant),
        }
    }
}

/// Where a refresher stands. A `write` is what it has decided to send; it is sent again, the same, when no answer comes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Idle,
    Leasing { grant: i64, write: Write },
    Intending { held: Held, write: Write },
    Ready { held: Held },
    Calling { held: Held, token: Token, sent: i64, answer: Option<Answer> },
    Settling { held: Held, write: Write, given: Option<Token> },
    Leaving { write: Write },
}

/// One refresher. It keeps its mark over several leases, which the product's never do: so the fence has its work, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Refresher {
    pub(crate) name: char,
    pub(crate) aim: Aim,
    /// What it went off for.
    pub(crate) want: Want,
    pub(crate) lives: u8,
    pub(crate) starts: u8,
    pub(crate) phase: Phase,
}

impl Refresher {
    pub(crate) fn new(name: char, starts: u8, aim: Aim) -> Self {
        Self { name, aim, want: Want::Fresh, lives: 0, starts, phase: Phase::Idle }
    }

    /// Its mark. A crash ends it.
    pub(crate) fn me(&self) -> String {
        format!("{}{}", self.name, self.lives)
    }

    /// What it would send now.
    pub(crate) fn write(&self) -> Option<&Write> {
        match &self.phase {
            Phase::Leasing { write, .. }
            | Phase::Intending { write, .. }
            | Phase::Settling { write, .. }
            | Phase::Leaving { write } => Some(write),
            Phase::Idle | Phase::Ready { .. } | Phase::Calling { .. } => None,
        }
    }

    /// What the provider gave it and the row does not hold yet.
    pub(crate) fn given(&self) -> Option<Token> {
        match self.phase {
            Phase::Calling { answer: Some(Answer::Given(token)), .. } => Some(token),
            Phase::Settling { given, .. } => given,
            _ => None,
        }
    }

    /// Whether it still holds the newest token of this family.
    pub(crate) fn in_progress(&self, family: usize) -> bool {
        self.given().is_some_and(|token| token.family == family)
    }
}
