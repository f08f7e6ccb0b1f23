//! Tries a credential at its provider: does it work, and whose account is it?
//!
//! The one place where the catalogue's identity and test requests are sent.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Request, Response};

use super::{Call, External, Identify, Meaning, Provider, RenderError, Unheard, Values, Verdict, errors};
use crate::{
    app::App,
    egress::{self, Bounds},
    http::{Code, Error},
    mail,
    oauth::token::TokenError,
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
    /// The token endpoint minted nothing for it.
    #[error("{0}")]
    Unminted(#[from] TokenError),
    /// The mail server said no, or could not be asked.
    #[error("{0}")]
    Mail(#[from] mail::Error),
    /// Nobody said which of several it is to be.
    #[error("{0}")]
    Unchosen(String),
}

impl From<Unheard> for Failure {
    fn from(unheard: Unheard) -> Self {
        match unheard {
            Unheard::Said(verdict) => Self::Said(verdict),
            Unheard::Unchosen(sentence) => Self::Unchosen(sentence),
        }
    }
}

impl Failure {
    /// Whether the provider said that this token is no good. One that it calls dead is refreshed as well: what the token
    /// endpoint says then is what counts for the grant.
    pub fn wants_refresh(&self) -> bool {
        matches!(self, Self::Said(verdict) if matches!(verdict.meaning, Meaning::Refresh | Meaning::Reauthorize))
    }

    /// How it is told to clients.
    pub fn code(&self) -> Code {
        match self {
            Self::Unreachable(error) if error.refused() => Code::AddressRefused,
            Self::Mail(error) => error.code(),
            _ if self.passes() => Code::ProviderFailed,
            _ => Code::CredentialRefused,
        }
    }

    /// Whether another try may go better.
    pub fn passes(&self) -> bool {
        match self {
            Self::Said(verdict) => matches!(verdict.meaning, Meaning::SlowDown(_) | Meaning::Transient),
            Self::Unreachable(error) => !error.refused(),
            Self::Mail(error) => error.passes(),
            Self::Unminted(error) => matches!(error.meaning(), Meaning::SlowDown(_) | Meaning::Transient),
            Self::Unmade(_) | Self::Unchosen(_) => false,
        }
    }
}

/// Asks whose account it is, starting from what the token answer told. Also gives the facts to keep with the grant.
pub async fn identity(
    app: &App,
    provider: &Provider,
    told: External,
    credential: &Values,
) -> Result<(External, BTreeMap<String, String>), Failure> {
    let mut identify = Identify::start(provider, told);
    while let Some(call) = identify.ask(credential)? {
        let sent = call.sent.clone();
        let answer = send(app, provider, call, credential, Bounds::API).await?;
        identify.hear(&answer, &sent)?;
    }
    let (external, kept) = identify.done();
    // An answer may have named the host that the API is at: better refused now than at each call.
    provider.base(&credential.clone().facts(&kept))?;
    Ok((external, kept))
}

/// Makes the cheapest call that proves the credential.
pub async fn test(app: &App, provider: &Provider, credential: &Values) -> Result<(), Failure> {
    let call = provider.test(credential)?;
    let sent = call.sent.clone();
    let answer = send(app, provider, call, credential, Bounds::API).await?;
    let verdict = errors::api(provider, &answer, &sent);
    if verdict.meaning == Meaning::Fine { Ok(()) } else { Err(verdict.into()) }
}

/// Sends one of the provider's requests: signed where its file says so; to its hosts, or to the person's own server.
pub(crate) async fn send(
    app: &App,
    provider: &Provider,
    call: Call,
    credential: &Values,
    bounds: Bounds,
) -> Result<Response<Bytes>, Failure> {
    let Call { mut request, service, .. } = call;
    if let (Some(hook), Some(service)) = (provider.signs(), &service) {
        hook.sign(&mut request, service, credential, app.clock.now())?;
    }
    let own = provider.file().fields.values().any(|field| field.base_url);
    let url = request.uri().to_string().parse().map_err(|_| RenderError::NotAnAddress)?;
    if own && !provider.hosts().iter().any(|host| host.matches(&url)) {
        return own_server(app, request).await;
    }
    Ok(app.egress.provider(provider.hosts(), request, bounds).await?)
}

/// Asks the person's own server, whose address follows the rule for public ones.
pub(super) async fn own_server(app: &App, request: Request<Bytes>) -> Result<Response<Bytes>, Failure> {
    Ok(app.egress.public(request, Bounds::API).await?)
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Mail(error) => error.into(),
            Failure::Unmade(RenderError::Typed(invalid)) => {
                Self::field(format!("/{}", invalid.key), format!("`{}` {}", invalid.key, invalid.problem))
            }
            failure => Self::new(failure.code(), failure.to_string()).caused_by(failure),
        }
    }
}
