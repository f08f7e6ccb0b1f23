//! The states of an integration, as stored and told.

use serde::{Deserialize, Serialize};

/// One of the stored states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being connected; no credential yet.
    Pending,
    /// In use.
    Active,
    /// Switched off by its owner.
    Inactive,
    /// The credential has ended and cannot be renewed by itself.
    Expired,
    /// The provider takes the grant no more: its owner must connect again.
    Revoked,
    /// Renewing failed several times in a row; it is still tried.
    Error,
}

impl Status {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Error => "error",
        }
    }

    /// What is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Inactive, Self::Expired, Self::Revoked, Self::Error]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
