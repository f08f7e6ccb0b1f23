//! The mails about accounts: their links, and what they say.
//!
//! Written by a job, so that no request takes longer for an address that is known. A mail that is written twice has two
//! links; both lead to the same thing, which happens once.

use super::opaque;
use crate::{
    app::App,
    http::Error as HttpError,
    id::{InvitationId, OrgId, UserId, random_token},
    mail::{self, Message},
    secret::Secret,
    store::{
        self,
        errands::Task,
        tickets::{Purpose, Ticket},
        users::User,
    },
};

/// How long a link to a new password is good, seconds.
const RESET: i64 = 30 * 60;
/// How long a link that proves an address is good, seconds.
const VERIFY: i64 = 24 * 3600;

/// Why a mail was not written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tables failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Our own address is not known, or the message does not hold together.
    #[error(transparent)]
    House(#[from] HttpError),
    /// It did not leave.
    #[error(transparent)]
    Mail(#[from] mail::Error),
}

impl Error {
    /// Whether another try may go better.
    pub fn passes(&self) -> bool {
        match self {
            Self::Store(_) | Self::House(_) => true,
            Self::Mail(error) => error.passes(),
        }
    }
}

/// Writes the mail of an errand, if there is still something to write.
pub async fn write(app: &App, task: &Task) -> Result<(), Error> {
    match task {
        Task::Reset { email } => reset(app, email).await,
        Task::Verify { user } => verify(app, user).await,
        Task::Invite { org, invitation } => invite(app, org, invitation).await,
        Task::ClearOut { .. } | Task::ForgetLink { .. } => Ok(()),
    }
}

async fn reset(app: &App, email: &str) -> Result<(), Error> {
    let Some(user) = app.store.user_by_email(email).await?.filter(|user| user.is_active) else { return Ok(()) };
    let url = link(app, "/reset", of_user(app, Purpose::Reset, &user, email, RESET)).await?;
    let text = format!(
        "Somebody asked for a new password for your account at Postern ({email}).\n\n\
         Was it you? Then set it here, within half an hour:\n\n{url}\n\n\
         If not, do nothing: your password stays as it is.\n"
    );
    send(app, email, "Set a new password", &text).await
}

async fn verify(app: &App, user: &UserId) -> Result<(), Error> {
    let found = app.store.user(user, true).await?.filter(|user| user.is_active && !user.is_verified);
    let Some((user, email)) = found.and_then(|user| user.email.clone().map(|email| (user, email))) else {
        return Ok(());
    };
    let url = link(app, "/verify", of_user(app, Purpose::Verify, &user, &email, VERIFY)).await?;
    let text = format!(
        "An account at Postern was made with this address ({email}).\n\n\
         Was it you? Then say so here, within a day:\n\n{url}\n\n\
         If not, do nothing.\n"
    );
    send(app, &email, "Is this your e-mail address?", &text).await
}

async fn invite(app: &App, org: &OrgId, id: &InvitationId) -> Result<(), Error> {
    let found = app.store.invitation(org, id).await?.filter(|found| found.is_open(app.clock.epoch()));
    let Some(invitation) = found else { return Ok(()) };
    let name = app.store.organisation(org).await?.map(|organisation| organisation.name).unwrap_or_default();
    let ticket = Ticket {
        purpose: Purpose::Invitation,
        user: None,
        email: invitation.email.clone(),
        sessions: 0,
        org: Some(org.clone()),
        invitation: Some(id.clone()),
        expires: invitation.expires,
        used_at: None,
    };
    let url = link(app, "/invitation", ticket).await?;
    let which = if leads_away(&name) { "an organisation".to_owned() } else { format!("\u{201c}{name}\u{201d}") };
    let text = format!(
        "You are invited to join {which} at Postern, as {}.\n\n\
         Accept it here, within a week:\n\n{url}\n\n\
         It holds for this address ({}) alone. If you do not know who invites you, do nothing.\n",
        invitation.role.as_str(),
        invitation.email,
    );
    send(app, &invitation.email, "You are invited", &text).await
}

/// Whether a name that somebody chose would be taken for an address by whoever reads the mail, or by their program: the
/// mail speaks for the operator, and its only way onward is ours.
fn leads_away(name: &str) -> bool {
    let lower = name.to_lowercase();
    let dotted = lower
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .skip(1)
        .any(|rest| rest.starts_with(char::is_alphanumeric));
    dotted || lower.contains("://") || lower.contains("www.") || name.contains('@') || name.contains(char::is_control)
}

fn of_user(app: &App, purpose: Purpose, user: &User, email: &str, life: i64) -> Ticket {
    Ticket {
        purpose,
        user: Some(user.id.clone()),
        email: email.to_owned(),
        sessions: user.sessions,
        org: None,
        invitation: None,
        expires: app.clock.epoch() + life,
        used_at: None,
    }
}

/// Keeps the ticket, and gives the address of the page that takes it.
async fn link(app: &App, path: &str, ticket: Ticket) -> Result<String, Error> {
    let token = Secret::new(random_token());
    let mut url = app.own_url(path).await.map_err(HttpError::from)?;
    url.query_pairs_mut().append_pair("token", token.expose());
    app.store.keep_ticket(&opaque::hash(token.expose()), &ticket).await?;
    Ok(url.into())
}

async fn send(app: &App, to: &str, subject: &str, text: &str) -> Result<(), Error> {
    let message = match Message::new(to, subject, text) {
        Ok(message) => message,
        Err(error) => {
            // An address that no mail can go to: another try would not change it.
            tracing::warn!(%error, "a mail could not be written");
            return Ok(());
        }
    };
    app.mail.send(&message).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_reads_like_an_address_is_told_from_one_that_does_not() {
        for name in ["Ada's team", "Acme Inc.", "R & D, Ltd. (London)", "Müller + Söhne", ""] {
            assert!(!leads_away(name), "{name}");
        }
        for name in [
            "Sign in at evil.example now",
            "http://evil",
            "HTTPS://EVIL",
            "www.",
            "evil\u{3002}example",
            "mail ada@evil",
            "one\ntwo",
        ] {
            assert!(leads_away(name), "{name}");
        }
    }
}
