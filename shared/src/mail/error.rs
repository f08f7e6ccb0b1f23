//! Why a mail did not leave. The sentences are for the person whose mail server it is; none holds a secret.

use super::account::Unfit;
use crate::{
    egress,
    http::{Code, Error as HttpError},
};

/// Why a mail did not leave, or a mail server did not take us in.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No sender is set up, or not all of it.
    #[error("no mail server is set up")]
    NotConfigured,
    /// What is set up cannot be an account.
    #[error("{0}")]
    Account(#[source] Unfit),
    /// The operator's password could not be had.
    #[error("the mail server's password could not be read: {0}")]
    Password(String),
    /// Not a port for handing in mail.
    #[error("port {0} is not for handing in mail; use 465 or 587")]
    Port(u16),
    /// The address may not be dialled, or has none.
    #[error("the mail server's address: {0}")]
    Address(#[source] egress::Error),
    /// No connection.
    #[error("the mail server cannot be reached")]
    Unreachable,
    /// It took too long. Where the message was on its way, nobody knows whether it arrived.
    #[error("the mail server did not answer in time")]
    Timeout,
    /// It broke off, or said what no mail server says. As uncertain as a time-out.
    #[error("the mail server broke off")]
    Broken,
    /// It does not offer STARTTLS.
    #[error("the mail server does not offer STARTTLS, and mail leaves over TLS only")]
    NoTls,
    /// TLS did not come about: wrong certificate, wrong name, no TLS on that port.
    #[error("no secure connection to the mail server: {0}")]
    Tls(String),
    /// It offers no way to log in that we know.
    #[error("the mail server offers neither AUTH PLAIN nor AUTH LOGIN")]
    NoLogin,
    /// User name or password is wrong (535 and its kin).
    #[error("the mail server refused user name or password: {code} {said}")]
    Login {
        /// SMTP's code.
        code: u16,
        /// What it said about it.
        said: String,
    },
    /// It will not take this message, today or tomorrow (550 and its kin).
    #[error("the mail server refused: {code} {said}")]
    Refused {
        /// SMTP's code.
        code: u16,
        /// What it said about it.
        said: String,
    },
    /// It may take it later (421, 451, 454 and their kin).
    #[error("the mail server asks to try again later: {code} {said}")]
    Later {
        /// SMTP's code.
        code: u16,
        /// What it said about it.
        said: String,
    },
    /// The message cannot be written as one.
    #[error("the message cannot be written: {0}")]
    Unwritable(String),
}

impl Error {
    /// Whether another try may go better.
    pub fn passes(&self) -> bool {
        match self {
            Self::Unreachable | Self::Timeout | Self::Broken | Self::Later { .. } | Self::Password(_) => true,
            Self::Address(error) => !error.refused(),
            _ => false,
        }
    }

    /// How it is told to clients.
    pub fn code(&self) -> Code {
        match self {
            Self::NotConfigured => Code::NotConfigured,
            Self::Port(_) => Code::AddressRefused,
            Self::Address(inner) if inner.refused() => Code::AddressRefused,
            Self::Login { .. } => Code::CredentialRefused,
            Self::Refused { .. } => Code::MailRefused,
            Self::Account(_) | Self::Unwritable(_) => Code::Invalid,
            Self::Password(_) => Code::Unavailable,
            _ => Code::ProviderFailed,
        }
    }
}

impl From<Error> for HttpError {
    fn from(error: Error) -> Self {
        let mut sentence = match &error {
            Error::Password(_) => "mail cannot be sent at the moment".to_owned(),
            told => told.to_string(),
        };
        if let Some(first) = sentence.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self::new(error.code(), sentence).caused_by(error)
    }
}
