//! What a service key may be allowed to do. Each operation states the scope it needs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One right. A person has all rights of the role; a key only those it was made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum Scope {
    /// Fetch fresh access tokens.
    #[serde(rename = "tokens:read")]
    TokensRead,
    /// List integrations and their status.
    #[serde(rename = "integrations:read")]
    IntegrationsRead,
    /// Connect, test, change and disconnect integrations.
    #[serde(rename = "integrations:write")]
    IntegrationsWrite,
    /// Read stored credentials in the clear.
    #[serde(rename = "credentials:reveal")]
    CredentialsReveal,
    /// Act for other users of the organisation.
    #[serde(rename = "users:act")]
    UsersAct,
    /// Log what models were used for.
    #[serde(rename = "usage:write")]
    UsageWrite,
    /// Read the report of it.
    #[serde(rename = "usage:read")]
    UsageRead,
    /// Make, list and delete managed users.
    #[serde(rename = "users:manage")]
    UsersManage,
}

impl Scope {
    /// All scopes there are.
    pub const ALL: &'static [Self] = &[
        Self::TokensRead,
        Self::IntegrationsRead,
        Self::IntegrationsWrite,
        Self::CredentialsReveal,
        Self::UsersAct,
        Self::UsageWrite,
        Self::UsageRead,
        Self::UsersManage,
    ];

    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TokensRead => "tokens:read",
            Self::IntegrationsRead => "integrations:read",
            Self::IntegrationsWrite => "integrations:write",
            Self::CredentialsReveal => "credentials:reveal",
            Self::UsersAct => "users:act",
            Self::UsageWrite => "usage:write",
            Self::UsageRead => "usage:read",
            Self::UsersManage => "users:manage",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that names no scope.
#[derive(Debug, thiserror::Error)]
#[error("there is no such scope")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.iter().copied().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_written_the_same_in_json_and_in_text() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.as_str());
            assert_eq!(scope.as_str().parse::<Scope>().unwrap(), *scope);
        }
        assert!("tokens:*".parse::<Scope>().is_err());
    }
}
