//! Why there is no token to lend.

use std::{sync::Arc, time::Duration};

use crate::{
    http::{self, Code},
    store, vault,
};

/// Why there is no token. Cheap to clone: all who waited for one refresh are told alike.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The provider takes the grant no more, or the token has ended for good: its owner must connect again.
    #[error("the owner must connect {provider} again")]
    ReauthRequired {
        /// The provider.
        provider: String,
    },
    /// There is no connection.
    #[error("there is no connection")]
    NotConnected,
    /// It cannot be had at the moment.
    #[error("the token cannot be had at the moment: {why}")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
        /// For the log.
        why: Arc<str>,
    },
    /// The database failed.
    #[error("the database failed")]
    Store(#[source] Arc<store::Error>),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[source] vault::Error),
    /// A refresh ended in a panic.
    #[error("a refresh ended in a panic")]
    Panicked,
}

impl Error {
    pub(crate) fn unavailable(seconds: i64, why: impl Into<Arc<str>>) -> Self {
        let seconds = u64::try_from(seconds.max(1)).unwrap_or(1);
        Self::Unavailable { retry_after: Duration::from_secs(seconds), why: why.into() }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(Arc::new(error))
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        Self::Vault(error)
    }
}

impl From<Error> for http::Error {
    fn from(error: Error) -> Self {
        match &error {
            Error::ReauthRequired { provider } => {
                let path = format!("/api/integrations/oauth/start/{provider}");
                Self::new(Code::ReauthRequired, "This account must be connected again").with("reconnect", path)
            }
            Error::NotConnected => Self::not_found("Integration not found"),
            Error::Unavailable { retry_after, .. } => {
                let seconds = retry_after.as_secs();
                let message = "The token cannot be had at the moment; try again shortly";
                Self::new(Code::TokenUnavailable, message).retry_after(seconds).caused_by(error)
            }
            Error::Store(_) => {
                Self::new(Code::Unavailable, "The database cannot be reached at the moment").retry_after(1).caused_by(error)
            }
            Error::Vault(vault) => Self::from(vault.clone()),
            Error::Panicked => Self::internal(error),
        }
    }
}
