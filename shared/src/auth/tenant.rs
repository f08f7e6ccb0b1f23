//! Whose data a request may touch. Store methods need one; only the auth extractors and a job's entry point make one.

use crate::id::{OrgId, UserId};

/// An organisation and one owner in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant {
    org: OrgId,
    owner: Owner,
}

/// Who owns an integration: one user, or the organisation as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// One user.
    User(UserId),
    /// The whole organisation (D1's `global`).
    Organisation,
}

impl Owner {
    /// How it stands in a key.
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Organisation => "_org",
        }
    }
}

impl Tenant {
    /// Made from what was authenticated, never from input.
    pub(crate) fn authenticated(org: OrgId, owner: Owner) -> Self {
        Self { org, owner }
    }

    /// Made by a job from the row it was told to work on.
    pub fn for_job(org: OrgId, owner: Owner) -> Self {
        Self { org, owner }
    }

    /// The organisation.
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    /// The owner in it.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }
}
