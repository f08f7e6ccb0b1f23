//! Why no fresh token can be had, and what its owner or the caller can do about it.

use std::sync::Arc;

use crate::{
    http::{Code, Error as HttpError},
    store::{
        self,
        integrations::{Integration, Kind},
    },
    vault,
};

/// Why there is no token. Shared by all who waited for the same refresh.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no connection in this slot.
    #[error("there is no such integration")]
    NotConnected,
    /// It holds an API key.
    #[error("the integration holds no OAuth token")]
    NoToken,
    /// Its owner must connect again.
    #[error("the grant has ended: {provider} must be connected again")]
    ReauthRequired {
        /// The provider's slug.
        provider: String,
        /// Whether it was typed in, and not consented to.
        typed: bool,
    },
    /// It may work later.
    #[error("no fresh token at the moment: {reason}")]
    Unavailable {
        /// Seconds after which to try again.
        retry_after: u64,
        /// What stands in the way.
        reason: String,
    },
    /// Something of ours failed; nothing was lost.
    #[error(transparent)]
    Ours(Arc<HttpError>),
}

impl Error {
    pub(super) fn reauth(integration: &Integration) -> Self {
        Self::ReauthRequired { provider: integration.provider.clone(), typed: integration.kind != Kind::Oauth }
    }

    pub(crate) fn unavailable(retry_after: i64, reason: impl Into<String>) -> Self {
        Self::Unavailable { retry_after: u64::try_from(retry_after).unwrap_or(1).max(1), reason: reason.into() }
    }
}

impl From<HttpError> for Error {
    fn from(error: HttpError) -> Self {
        Self::Ours(Arc::new(error))
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        HttpError::from(error).into()
    }
}

impl From<vault::Error> for Error {
    fn from(error: vault::Error) -> Self {
        HttpError::from(error).into()
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotConnected => Self::not_found("Integration not found"),
            Error::NoToken => Self::new(Code::Invalid, "This integration holds an API key, and no token to lend"),
            Error::ReauthRequired { ref provider, typed } => {
                let (sentence, reconnect) = if typed {
                    let sentence = "The provider takes the stored credential no more; its owner must save another";
                    (sentence, format!("/api/integrations/{provider}/credentials"))
                } else {
                    let sentence = "The connection has ended; its owner must connect again";
                    (sentence, format!("/api/integrations/oauth/start/{provider}"))
                };
                Self::new(Code::ReauthRequired, sentence).with("reauth_required", true).with("reconnect", reconnect)
            }
            Error::Unavailable { retry_after, ref reason } => {
                Self::new(Code::TokenUnavailable, format!("No fresh token at the moment: {reason}"))
                    .retry_after(retry_after)
            }
            Error::Ours(error) => Arc::unwrap_or_clone(error),
        }
    }
}
