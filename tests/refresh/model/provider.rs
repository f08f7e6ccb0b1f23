//! A provider that rotates refresh tokens and ends a family when a spent one comes back.

/// A refresh token: its family (one consent each) and its place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Token {
    pub(crate) family: usize,
    pub(crate) turn: i64,
}

impl Token {
    /// As the row holds it.
    pub(crate) fn number(self) -> i64 {
        i64::try_from(self.family).unwrap() * 100 + self.turn
    }

    pub(crate) fn of(number: i64) -> Self {
        Self { family: usize::try_from(number / 100).unwrap(), turn: number % 100 }
    }
}

/// What the token endpoint answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Given(Token),
    InvalidGrant,
}

/// The live token of each family; `None` for a family that has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Provider(Vec<Option<i64>>);

impl Provider {
    /// The token that the next consent will give.
    pub(crate) fn next(&self) -> Token {
        Token { family: self.0.len(), turn: 0 }
    }

    /// A new consent.
    pub(crate) fn consent(&mut self) -> Token {
        let token = self.next();
        self.0.push(Some(0));
        token
    }

    pub(crate) fn takes(&self, token: Token) -> bool {
        self.0[token.family] == Some(token.turn)
    }

    pub(crate) fn ended(&self, family: usize) -> bool {
        self.0[family].is_none()
    }

    /// A token comes to the token endpoint.
    pub(crate) fn refresh(&mut self, token: Token) -> Answer {
        let live = &mut self.0[token.family];
        if *live == Some(token.turn) {
            *live = Some(token.turn + 1);
            Answer::Given(Token { turn: token.turn + 1, ..token })
        } else {
            *live = None;
            Answer::InvalidGrant
        }
    }

    /// A revocation ends all that this person granted to this client.
    pub(crate) fn revoke(&mut self) {
        self.0.fill(None);
    }
}
