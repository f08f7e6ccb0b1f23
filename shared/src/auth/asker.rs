//! Who calls an operation that has a member of its own for the user it is about: in its path, its query or its body.
//!
//! A service key of several users is nobody before one of them is named. Elsewhere `X-On-Behalf-Of` or `username=` says so;
//! here the operation's own member will do, and is held to the key's users and to its scope all the same. Everybody else is
//! the caller that they are anywhere, and what such a member means for them is for the operation to say.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{Caller, extract::admit_unsaid};
use crate::{app::App, http::Error};

/// Who calls, perhaps without a word yet on which of a key's users.
pub struct Asker {
    caller: Caller,
    sure: bool,
}

/// The same, looked up for this very request.
pub struct FreshAsker(pub Asker);

impl FromRequestParts<App> for Asker {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Ok(Self { caller: admit_unsaid(parts, app, false).await?, sure: false })
    }
}

impl FromRequestParts<App> for FreshAsker {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        Ok(Self(Asker { caller: admit_unsaid(parts, app, true).await?, sure: true }))
    }
}

impl Asker {
    /// The caller; a key of several users acts for the one whom the operation's member names.
    pub async fn about(self, app: &App, named: Option<&str>) -> Result<Caller, Error> {
        let refusal = match self.caller.clone().said() {
            Ok(caller) => return Ok(caller),
            Err(refusal) => refusal,
        };
        // A key has no self, and an empty name is none.
        match named.map(str::trim).filter(|named| !named.is_empty() && *named != "me") {
            Some(named) => self.caller.acting_for(app, named, self.sure).await,
            None => Err(refusal),
        }
    }
}
