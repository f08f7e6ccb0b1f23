//! What data cannot say. A provider's file names its hooks; each does one thing.
//!
//! | | |
//! |---|---|
//! | [`Authenticate`] | signs what a token endpoint gives an access token for |
//! | [`Sign`] | puts a signature into a request that is otherwise ready |
//! | [`Enter`] | turns what a person typed into what is kept |
//! | [`Run`] | does an action that is not one request |

mod email;
mod facebook;
mod google;
mod planka;
mod sigv4;
mod webhook;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::{Map, Value};

pub use self::email::account as mail_account;
use super::{External, Provider, RenderError, Values, credentials::InvalidField, probe::Failure};
use crate::{app::App, auth::Tenant, http, secret::Secret};

/// Signs, by a typed credential, what a token endpoint gives an access token for (RFC 7523).
pub trait Authenticate: Sync {
    /// Reads the credential as strictly as goes without asking the provider. Errors name its parts, never their values.
    fn check(&self, typed: &Values) -> Result<(), InvalidField>;

    /// Whose credential it is, by its own word.
    fn account(&self, typed: &Values) -> External;

    /// The signed assertion.
    fn assertion(&self, claims: &Claims<'_>, typed: &Values) -> Result<Secret<String>, InvalidField>;
}

/// What an assertion says besides who signed it.
pub struct Claims<'a> {
    /// The token endpoint that it is meant for.
    pub audience: &'a str,
    /// What is asked for.
    pub scopes: &'a [String],
    /// When it is made.
    pub now: Timestamp,
}

/// Signs a request that is otherwise ready to go. It sends nothing.
pub trait Sign: Sync {
    /// Adds the signature. `service` is what the file says that the request is for.
    fn sign(
        &self,
        request: &mut ::http::Request<Bytes>,
        service: &str,
        credential: &Values,
        now: Timestamp,
    ) -> Result<(), RenderError>;

    /// Whether it takes the OAuth client's secret, which then stands beside the token as `client_secret`.
    fn by_client(&self) -> bool {
        false
    }
}

/// Where a credential is handed in.
pub struct Desk<'a> {
    /// The application.
    pub app: &'a App,
    /// Whose it is.
    pub tenant: &'a Tenant,
    /// What it is for.
    pub provider: &'a Provider,
    /// Which of several.
    pub label: &'a str,
    /// Whether it is to be kept; otherwise it is only tried.
    pub keeps: bool,
}

/// What takes the place of what was typed.
pub struct Entered {
    /// To be kept.
    pub values: Values,
    /// A token among them that the provider made for this, as a sign-in does: `[auth.api_key.revoke]` gives it back.
    pub made: Option<Secret<String>>,
}

/// Turns what a person typed into what is kept, and proved.
pub trait Enter: Sync {
    /// What takes the typed values' place.
    fn enter<'a>(&'a self, desk: &'a Desk<'a>, typed: Values) -> BoxFuture<'a, http::Result<Entered>>;

    /// Makes sure that what was entered a while ago can be stored still.
    fn renew<'a>(&'a self, _desk: &'a Desk<'a>, _entered: &'a Values) -> BoxFuture<'a, http::Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Does what is not one request.
pub trait Run: Sync {
    /// Does an action of the file, or [`TEST`]; gives its answer.
    fn run<'a>(
        &'a self,
        app: &'a App,
        provider: &'a Provider,
        action: &'a str,
        input: &'a Map<String, Value>,
        credential: &'a Values,
    ) -> BoxFuture<'a, Result<Value, Failure>>;

    /// Whether it, and not a request of the file, proves a credential.
    fn proves(&self) -> bool {
        false
    }
}

/// What a credential is proved by, where a hook does it. The answer is read as a token answer is: by the identity steps
/// without a request.
pub const TEST: &str = "test";

/// The hook of that name.
pub(super) fn authenticate(name: &str) -> Option<&'static dyn Authenticate> {
    match name {
        "google" => Some(&google::ServiceAccount),
        _ => None,
    }
}

/// The hook of that name.
pub(super) fn sign(name: &str) -> Option<&'static dyn Sign> {
    match name {
        "facebook" => Some(&facebook::Facebook),
        "sigv4" => Some(&sigv4::SigV4),
        _ => None,
    }
}

/// The hook of that name.
pub(super) fn enter(name: &str) -> Option<&'static dyn Enter> {
    match name {
        "planka" => Some(&planka::Planka),
        "webhook" => Some(&webhook::Webhook),
        _ => None,
    }
}

/// The hook of that name.
pub(super) fn run(name: &str) -> Option<&'static dyn Run> {
    match name {
        "email" => Some(&email::Email),
        "planka" => Some(&planka::Planka),
        "webhook" => Some(&webhook::Webhook),
        _ => None,
    }
}
