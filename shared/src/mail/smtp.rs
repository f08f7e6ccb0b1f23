//! The talk with a mail server: name looked up once, addresses checked, the checked one dialled, TLS, AUTH, the message.

use std::{net::SocketAddr, time::Duration};

use jiff::Timestamp;
use lettre::{
    message::{SinglePart, header::ContentType},
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
        commands::Noop,
        extension::ClientId,
    },
};

use super::{Account, Error, Login, Message, account::PORTS};
use crate::{egress::Egress, providers::Sent};

/// For all of it, from the look-up to the last answer; below the API's 30 seconds.
const WHOLE: Duration = Duration::from_secs(25);
/// For one address of several.
const DIAL: Duration = Duration::from_secs(8);

/// Talks SMTP.
pub(super) struct Smtp {
    egress: Egress,
    /// Certificates (PEM) that vouch for mail servers on loopback, besides nobody: tests bring their own authority. What
    /// is not on loopback is vouched for by the machine's roots, always.
    trust: Vec<Vec<u8>>,
}

/// Where in the talk the server said no.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    Tls,
    Login,
    Message,
}

impl Smtp {
    pub(super) fn new(egress: Egress, trust: Vec<Vec<u8>>) -> Self {
        Self { egress, trust }
    }

    /// Connects, logs in, asks for nothing and leaves.
    pub(super) async fn check(&self, account: &Account) -> Result<(), Error> {
        bounded(async {
            let mut talk = self.enter(account).await?;
            talk.command(Noop).await.map_err(|error| sort(&error, Step::Login, account))?;
            leave(talk).await;
            Ok(())
        })
        .await
    }

    /// Hands one message in.
    pub(super) async fn send(
        &self,
        account: &Account,
        message: &Message,
        id: &str,
        at: Timestamp,
    ) -> Result<(), Error> {
        let written = write(account, message, id, at)?;
        bounded(async {
            let mut talk = self.enter(account).await?;
            let sent = talk.send(written.envelope(), &written.formatted()).await;
            sent.map_err(|error| sort(&error, Step::Message, account))?;
            leave(talk).await;
            Ok(())
        })
        .await
    }

    /// To the point where the server knows who we are.
    async fn enter(&self, account: &Account) -> Result<AsyncSmtpConnection, Error> {
        let addresses = self.egress.resolve_public(&account.host, account.port).await.map_err(Error::Address)?;
        let local = addresses.iter().all(|address| address.ip().is_loopback());
        if !local && !PORTS.contains(&account.port) {
            return Err(Error::Port(account.port));
        }
        let tls = self.tls(account, local)?;
        let mut talk = dial(&addresses, account, &tls).await?;
        if !account.implicit {
            if !talk.can_starttls() {
                return Err(Error::NoTls);
            }
            talk.starttls(tls, &hello()).await.map_err(|error| sort(&error, Step::Tls, account))?;
        }
        if let Some(login) = &account.login {
            authenticate(&mut talk, login, account).await?;
        }
        Ok(talk)
    }

    fn tls(&self, account: &Account, local: bool) -> Result<TlsParameters, Error> {
        let failed = |error: SmtpError| Error::Tls(error.to_string());
        let mut builder = TlsParameters::builder(account.host.clone());
        if local && !self.trust.is_empty() {
            builder = builder.certificate_store(CertificateStore::None);
            for pem in &self.trust {
                builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(failed)?);
            }
        }
        builder.build().map_err(failed)
    }
}

/// A name that says nothing of this machine; the literal is what a client without a name of its own says.
fn hello() -> ClientId {
    ClientId::Ipv4(std::net::Ipv4Addr::LOCALHOST)
}

/// The first address that answers.
async fn dial(addresses: &[SocketAddr], account: &Account, tls: &TlsParameters) -> Result<AsyncSmtpConnection, Error> {
    let (mut last, hello) = (Error::Unreachable, hello());
    for address in addresses {
        let first = account.implicit.then(|| tls.clone());
        let dialled = AsyncSmtpConnection::connect_tokio1(*address, Some(DIAL), &hello, first, None);
        match tokio::time::timeout(DIAL, dialled).await {
            Ok(Ok(talk)) => return Ok(talk),
            Ok(Err(error)) => last = sort(&error, Step::Connect, account),
            Err(_) => last = Error::Timeout,
        }
    }
    Err(last)
}

async fn authenticate(talk: &mut AsyncSmtpConnection, login: &Login, account: &Account) -> Result<(), Error> {
    let known = [Mechanism::Plain, Mechanism::Login];
    if talk.server_info().get_auth_mechanism(&known).is_none() {
        return Err(Error::NoLogin);
    }
    let credentials = Credentials::new(login.user.clone(), login.password.expose().clone());
    talk.auth(&known, &credentials).await.map_err(|error| sort(&error, Step::Login, account))?;
    Ok(())
}

/// What was to be said is said; a server that hangs up first is as good.
async fn leave(mut talk: AsyncSmtpConnection) {
    let _ = talk.quit().await;
}

async fn bounded<T>(talk: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(WHOLE, talk).await.unwrap_or(Err(Error::Timeout))
}

fn write(account: &Account, message: &Message, id: &str, at: Timestamp) -> Result<lettre::Message, Error> {
    let plain = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(message.text().to_owned());
    lettre::Message::builder()
        .from(account.from.0.clone())
        .to(message.address().clone().into())
        .subject(message.subject())
        .message_id(Some(format!("<{id}>")))
        .date(at.into())
        .singlepart(plain)
        .map_err(|error| Error::Unwritable(error.to_string()))
}

/// What the server said, and where, as an error of ours.
fn sort(error: &SmtpError, step: Step, account: &Account) -> Error {
    if let Some(code) = error.status() {
        let (code, said) = (u16::from(code), said(error, account));
        return match step {
            _ if error.is_transient() => Error::Later { code, said },
            Step::Login => Error::Login { code, said },
            Step::Connect | Step::Tls | Step::Message => Error::Refused { code, said },
        };
    }
    if error.is_timeout() {
        Error::Timeout
    } else if error.is_tls() || step == Step::Tls || (step == Step::Connect && account.implicit && !refused(error)) {
        Error::Tls(said(error, account))
    } else if step == Step::Connect && !error.is_response() {
        Error::Unreachable
    } else {
        Error::Broken
    }
}

/// Nobody listens there, so TLS had no part in it.
fn refused(error: &SmtpError) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            return io.kind() != std::io::ErrorKind::InvalidData && io.get_ref().is_none();
        }
        cause = inner.source();
    }
    false
}

/// The innermost sentence, bounded, without controls and without what we logged in with.
fn said(error: &SmtpError, account: &Account) -> String {
    let mut deepest = error as &dyn std::error::Error;
    while let Some(inner) = deepest.source() {
        deepest = inner;
    }
    Sent::new(account.login.iter().map(|login| login.password.clone())).clean(&deepest.to_string())
}
