//! Why a value could not be sealed or opened. No variant ever holds a clear value or a key.

use std::sync::Arc;

use crate::{http, store};

/// Why the vault could not do it. Nothing has been stored or changed where it fails.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Altered, cut, moved to another place, or an older value put back.
    #[error("a sealed value does not open in its place")]
    Refused,
    /// Too short to be a sealed value, or of a format that does not exist.
    #[error("a sealed value is malformed")]
    Malformed,
    /// Opened well, but bytes stand where text was asked for.
    #[error("a sealed value is not text")]
    NotText,
    /// Sealed with a key version below the lowest that is accepted.
    #[error("a value was sealed with key version {version}, and {lowest} is the lowest accepted")]
    Retired {
        /// What sealed it.
        version: u32,
        /// What is accepted at least.
        lowest: u32,
    },
    /// The data key is not there: never made, or the organisation was shredded.
    #[error("there is no data key of version {version}")]
    NoKey {
        /// The version that was asked for.
        version: u32,
    },
    /// KMS refuses: the right is missing, the key is off, or a wrapped key is not what this place's should be.
    #[error("KMS refuses: {0}")]
    Denied(String),
    /// KMS refused for load.
    #[error("KMS is throttling")]
    Throttled,
    /// KMS failed or could not be reached.
    #[error("KMS failed: {0}")]
    Unreachable(String),
    /// `VAULT_KEY_ID` is not set.
    #[error("no vault key is configured")]
    NotConfigured,
    /// The cipher itself failed.
    #[error("the cipher failed")]
    Cipher,
    /// The table of wrapped keys could not be read or written.
    #[error("the table of data keys failed")]
    Store(#[source] Arc<store::Error>),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl Error {
    /// After how many seconds it is worth trying again; None where only an operator can mend it.
    pub(super) fn passes_after(&self) -> Option<u64> {
        match self {
            Self::Throttled => Some(1),
            Self::Unreachable(_) => Some(5),
            Self::Store(error) => match **error {
                store::Error::Throttled | store::Error::Failed(_) => Some(1),
                store::Error::Unreadable(_) => None,
            },
            Self::Refused
            | Self::Malformed
            | Self::NotText
            | Self::Retired { .. }
            | Self::NoKey { .. }
            | Self::Denied(_)
            | Self::NotConfigured
            | Self::Cipher => None,
        }
    }
}

impl From<Error> for http::Error {
    fn from(error: Error) -> Self {
        let Some(seconds) = error.passes_after() else { return Self::internal(error) };
        Self::new(http::Code::Unavailable, "Secrets cannot be read or kept at the moment; try again shortly")
            .retry_after(seconds)
            .caused_by(error)
    }
}
