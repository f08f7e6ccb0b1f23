//! The ways in which a typed credential becomes an access token, seen as one.

use super::{
    hooks::{self, Authenticate},
    schema::{Auth, ClientCredentials, Errors, Session, TokenAnswer},
    template::Template,
};

/// How a provider mints access tokens without anybody's consent.
pub struct Minting<'f> {
    /// Where.
    pub token_url: &'f Template,
    /// What for.
    pub scopes: &'f [String],
    /// How the answer is read.
    pub answer: &'f TokenAnswer,
    /// How the token endpoint says what went wrong.
    pub errors: &'f Errors,
    /// The life of a token whose answer does not tell, in seconds.
    pub expires_in: Option<u64>,
    /// The typed part without which nothing is minted.
    pub needs: Option<&'f str>,
    /// By which credential.
    pub how: How<'f>,
}

/// What vouches for the request.
pub enum How<'f> {
    /// The typed client's id and secret.
    Client(&'f ClientCredentials),
    /// An assertion that the typed credential signs.
    Assertion(&'static dyn Authenticate),
    /// The typed credential, which signs for a temporary one.
    Session(&'f Session),
}

impl<'f> Minting<'f> {
    pub(super) fn of(auth: &'f Auth) -> Option<Self> {
        if let Some(client) = &auth.client_credentials {
            return Some(Self {
                token_url: &client.token_url,
                scopes: &client.scopes,
                answer: &client.answer,
                errors: &client.errors,
                expires_in: client.expires_in,
                needs: None,
                how: How::Client(client),
            });
        }
        if let Some(session) = &auth.session {
            return Some(Self {
                token_url: session.request.url.as_ref()?,
                scopes: &[],
                answer: &session.answer,
                errors: &session.errors,
                expires_in: Some(session.expires_in),
                needs: Some(&session.needs),
                how: How::Session(session),
            });
        }
        let account = auth.service_account.as_ref()?;
        Some(Self {
            token_url: &account.token_url,
            scopes: &account.scopes,
            answer: &account.answer,
            errors: &account.errors,
            expires_in: None,
            needs: None,
            how: How::Assertion(hooks::authenticate(&account.hook)?),
        })
    }
}
