//! Tries a credential at its provider: does it work, and whose account is it?
//!
//! The one place where the catalogue's identity and test requests are sent.

use super::{External, Identify, Meaning, Provider, RenderError, Values, Verdict, errors};
use crate::{
    app::App,
    egress::{self, Bounds},
    http::{Code, Error},
};

/// Why a credential did not prove itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The provider answered, and not with yes.
    #[error("{0}")]
    Said(#[from] Verdict),
    /// The provider did not answer.
    #[error("the provider could not be reached: {0}")]
    Unreachable(#[from] egress::Error),
    /// The request could not be made from what is known.
    #[error("{0}")]
    Unmade(#[from] RenderError),
}

impl Failure {
    /// Whether the provider said that this token is no good.
    pub fn wants_refresh(&self) -> bool {
        matches!(self, Self::Said(verdict) if verdict.meaning == Meaning::Refresh)
    }

    /// Whether another try may go better.
    pub fn passes(&self) -> bool {
        match self {
            Self::Said(verdict) => matches!(verdict.meaning, Meaning::SlowDown(_) | Meaning::Transient),
            Self::Unreachable(error) => !error.refused(),
            Self::Unmade(_) => false,
        }
    }
}

/// Asks whose account it is, starting from what the token answer told.
pub async fn identity(
    app: &App,
    provider: &Provider,
    told: External,
    credential: &Values,
) -> Result<External, Failure> {
    let mut identify = Identify::start(provider, told);
    while let Some(call) = identify.ask(credential)? {
        let answer = app.egress.provider(provider.hosts(), call.request, Bounds::API).await?;
        identify.hear(&answer, &call.sent)?;
    }
    Ok(identify.done().0)
}

/// Makes the cheapest call that proves the credential.
pub async fn test(app: &App, provider: &Provider, credential: &Values) -> Result<(), Failure> {
    let call = provider.test(credential)?;
    let answer = app.egress.provider(provider.hosts(), call.request, Bounds::API).await?;
    let verdict = errors::api(provider, &answer, &call.sent);
    if verdict.meaning == Meaning::Fine { Ok(()) } else { Err(verdict.into()) }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let code = match &failure {
            Failure::Unreachable(error) if error.refused() => Code::AddressRefused,
            _ if failure.passes() => Code::ProviderFailed,
            _ => Code::CredentialRefused,
        };
        Self::new(code, failure.to_string()).caused_by(failure)
    }
}
