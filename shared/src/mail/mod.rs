//! E-mail: a message that holds together, and the way it leaves.
//!
//! [`Mail::send`] is the operator's own sender (`SMTP_*`); where none is set up, the local server's outbox takes the
//! message. [`Mail::send_by`] and [`Mail::check`] use a mail server that a person connected. All of them dial only what
//! egress allows, and say nothing before TLS stands.
//!
//! It must not know who may write to whom: that is for whoever calls.

mod account;
mod error;
mod message;
mod outbox;
mod smtp;

use serde::Deserialize;

use self::smtp::Smtp;
pub use self::{
    account::{Account, Login, Sender, Unfit as UnfitAccount},
    error::Error,
    message::{Message, Unfit},
    outbox::{Letter, Outbox},
};
use crate::{aws::Aws, clock::Clock, config, egress::Egress, id::random_token, secret::Secret};

/// Whether this is one plain e-mail address, such as a mail can be sent to.
pub fn is_address(text: &str) -> bool {
    message::address(text).is_some()
}

/// The way for mails. Costs nothing before the first one.
pub struct Mail {
    aws: Aws,
    clock: Clock,
    settings: config::Mail,
    smtp: Smtp,
}

#[derive(Deserialize)]
struct Stored {
    #[serde(default)]
    password: Option<Secret<String>>,
}

impl Mail {
    pub(crate) fn new(aws: Aws, clock: Clock, settings: config::Mail, egress: Egress) -> Self {
        let smtp = Smtp::new(egress, settings.trust.clone());
        Self { aws, clock, settings, smtp }
    }

    /// Whether [`Mail::send`] reaches anybody outside: there is a mail server, and not just an outbox.
    pub fn leaves(&self) -> bool {
        self.settings.host.is_some()
    }

    /// Sends as the operator; gives the message's id. Without a mail server the outbox keeps it.
    pub async fn send(&self, message: &Message) -> Result<String, Error> {
        if self.settings.host.is_some() {
            return self.send_by(&self.own_account().await?, message).await;
        }
        let outbox = self.settings.outbox.as_ref().ok_or(Error::NotConfigured)?;
        let id = format!("{}@localhost", random_token());
        outbox.keep(&Letter::new(&id, message));
        Ok(id)
    }

    /// Sends through a person's own mail server; gives the message's id.
    pub async fn send_by(&self, account: &Account, message: &Message) -> Result<String, Error> {
        let id = format!("{}@{}", random_token(), account.from.domain());
        self.smtp.send(account, message, &id, self.clock.now()).await?;
        Ok(id)
    }

    /// Connects and logs in, and sends nothing.
    pub async fn check(&self, account: &Account) -> Result<(), Error> {
        self.smtp.check(account).await
    }

    /// Connects and logs in as the operator, and sends nothing.
    pub async fn check_own(&self) -> Result<(), Error> {
        self.check(&self.own_account().await?).await
    }

    /// Made anew for each mail: they are few, and a changed password counts at once.
    async fn own_account(&self) -> Result<Account, Error> {
        let settings = &self.settings;
        let host = settings.host.as_deref().ok_or(Error::NotConfigured)?;
        let from = settings.from.as_deref().or(settings.user.as_deref()).ok_or(Error::NotConfigured)?;
        let account = Account::new(host, settings.port, None, from).map_err(Error::Account)?;
        match &settings.user {
            Some(user) => Ok(account.login(user, self.password().await?)),
            None => Ok(account),
        }
    }

    async fn password(&self) -> Result<Secret<String>, Error> {
        let name = self.settings.secret.as_deref().ok_or(Error::NotConfigured)?;
        let answer = self.aws.secrets().get_secret_value().secret_id(name).send().await;
        let answer = answer
            .map_err(|error| Error::Password(aws_sdk_secretsmanager::error::DisplayErrorContext(&error).to_string()))?;
        let text = Secret::new(answer.secret_string.unwrap_or_default());
        // The parser's own sentence could quote the secret.
        let stored: Stored = serde_json::from_str(text.expose())
            .map_err(|_| Error::Password("the secret is not of the documented shape".to_owned()))?;
        stored.password.ok_or(Error::NotConfigured)
    }
}
