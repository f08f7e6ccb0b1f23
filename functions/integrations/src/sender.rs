//! Whose mail server a mail leaves by, and whom the operator's may write to.
//!
//! A person's own server writes to anybody: it is the person's name and the person's account that answer for it. The
//! operator's would be an open relay that way, since anybody may sign up; so it writes to the caller's own proven address,
//! and to whom the operator named in `SMTP_RECIPIENTS`.

use std::time::Duration;

use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Caller,
    config::Window,
    http::{Code, Error, Result},
    limits::hold,
    mail::{self, Account, Message},
    oauth::{connect, entry::Typed},
    providers::{Values, hooks},
    store::integrations::{Integration, Status},
};

use crate::credentials::{provider as named, typed};

/// What one person may send by the operator's server.
const OWN: Window = Window { max: 30, per: Duration::from_hours(1) };

/// Whose mail server it is.
pub(crate) enum Sender {
    /// The caller's: told with the request, or connected.
    Own(Box<Account>),
    /// The operator's.
    Operator,
}

impl Sender {
    /// The server that `config` describes; without one the connected one, and without that the operator's.
    pub(crate) async fn of(
        app: &App,
        caller: &Caller,
        config: Option<Map<String, Value>>,
        label: &str,
    ) -> Result<Self> {
        let provider = named(app, "email")?;
        caller.may_use_provider(provider.slug())?;
        if let Some(config) = config.filter(|config| !config.is_empty())
            && let Some(Typed::Key(values)) = typed(app, &provider, config)?
        {
            return own(&values);
        }
        let found = app.store.integrations().get(caller.tenant(), provider.slug(), label).await?;
        match found.filter(Integration::holds_credential) {
            // Nor does a mail that was to come from one's own server leave by another's.
            Some(off) if off.status == Status::Inactive => {
                Err(Error::new(Code::Invalid, "Your own mail server is switched off"))
            }
            Some(integration) => {
                let kept = connect::credential(app, caller.tenant(), &integration).await?;
                own(&connect::parts(&provider, &kept)?)
            }
            // Another label means a server of one's own, and nothing in its stead.
            None if label == "default" => Ok(Self::Operator),
            None => Err(Error::not_found("Credentials not found")),
        }
    }

    /// Sends; gives the message's id.
    pub(crate) async fn send(&self, app: &App, caller: &Caller, message: &Message) -> Result<String> {
        match self {
            Self::Own(account) => Ok(app.mail.send_by(account, message).await?),
            Self::Operator => {
                allowed(app, caller, message.to()).await?;
                Ok(app.mail.send(message).await?)
            }
        }
    }

    /// Connects and logs in, and sends nothing.
    pub(crate) async fn check(&self, app: &App) -> std::result::Result<(), mail::Error> {
        match self {
            Self::Own(account) => app.mail.check(account).await,
            Self::Operator => app.mail.check_own().await,
        }
    }
}

fn own(values: &Values) -> Result<Sender> {
    Ok(Sender::Own(Box::new(hooks::mail_account(values)?)))
}

/// Whether the operator's server may write to `to` for this caller, and has not written too much already.
async fn allowed(app: &App, caller: &Caller, to: &str) -> Result<()> {
    if !app.mail.leaves() {
        // What stays in the outbox bothers nobody.
        return Ok(());
    }
    if !app.config.mail.may_write_to(to) && !is_own(app, caller, to).await? {
        let sentence =
            "The default sender writes to your own proven address only; connect your own mail server as `email`";
        return Err(Error::new(Code::Forbidden, sentence));
    }
    let name = ["mail", caller.org().as_str(), caller.tenant().owner().as_str()];
    let counted = app.store.count(&name, &[OWN]).await?;
    hold(&counted, "Too many mails by the default sender; try again later")
}

async fn is_own(app: &App, caller: &Caller, to: &str) -> Result<bool> {
    let Some(id) = caller.user_id() else { return Ok(false) };
    let user = app.store.user(id, false).await?;
    Ok(user.is_some_and(|user| user.is_verified && user.email.is_some_and(|own| own.eq_ignore_ascii_case(to))))
}
