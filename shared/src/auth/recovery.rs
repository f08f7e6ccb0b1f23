//! What is done by a link in a mail: setting a new password, proving an address.
//!
//! Asking for a mail answers the same, in the same time, whoever asks for whichever address: the request only puts an
//! errand down, and whether there is an account is looked up when the mail is written.

use super::{attempts, email, opaque};
use crate::{
    app::App,
    config::Window,
    http::{ClientIp, Code, Error, Result},
    id::UserId,
    limits, queue,
    secret::Secret,
    store::{
        audit::{Detailed, Entry},
        errands::{Errand, Task},
        tickets::{Purpose, Ticket},
        users::User,
    },
};

/// Mails that one address of the network, one account, may ask for.
const BY_NETWORK: Window = Window { max: 20, per: std::time::Duration::from_hours(1) };
const BY_ACCOUNT: Window = Window { max: 5, per: std::time::Duration::from_hours(1) };

/// Has a mail sent to this address, by which its owner sets a new password; if it is anybody's.
pub async fn ask_reset(app: &App, ip: ClientIp, typed: &str) -> Result<()> {
    let email = email::normalise(typed).ok_or_else(|| Error::field("/email", "This is not an e-mail address"))?;
    attempts::not_banned(app, ip).await?;
    bounded(app, &["mail", &ip.subscriber().to_string()], BY_NETWORK).await?;
    bounded(app, &["reset", &opaque::hash(&email)], BY_ACCOUNT).await?;
    errand(app, Task::Reset { email }).await
}

/// Has a mail sent by which a user proves the address; nothing where it is proven.
pub async fn ask_verification(app: &App, user: &UserId) -> Result<()> {
    bounded(app, &["verify", user.as_str()], BY_ACCOUNT).await?;
    errand(app, Task::Verify { user: user.clone() }).await
}

async fn errand(app: &App, task: Task) -> Result<()> {
    let errand = Errand::new(task, app.clock.epoch());
    app.store.put_errand(&errand).await?;
    queue::look_after(app, &errand).await;
    Ok(())
}

/// What is refused does not count: whoever goes on asking in another's name would keep the owner's mails away for good.
async fn bounded(app: &App, name: &[&str], window: Window) -> Result<()> {
    let counted = app.store.count(name, &[window]).await?;
    let held = limits::hold(&counted, "Too many mails were asked for, please try again later.");
    if held.is_err() {
        app.store.uncount(name, &[window], counted.at).await?;
    }
    held
}

/// Sets a new password, and ends all sessions of the user. Whoever could read the mail is the owner, so the address that
/// this comes from need not wait for the account's turn any more ([`attempts`]).
pub async fn reset(app: &App, ip: ClientIp, token: &Secret<String>, password: &Secret<String>) -> Result<()> {
    // Hashing is dear: whoever tries tokens is bounded before.
    bounded(app, &["token", &ip.subscriber().to_string()], BY_NETWORK).await?;
    let (hash, ticket, user) = ticket(app, token, Purpose::Reset).await?;
    let user = app.store.user(&user, true).await?.ok_or_else(no_good)?;
    let password = app.passwords.hash(password).await?;
    let keys = app.seeds.keys().await?;
    let from = attempts::mark_of(&keys, ip);
    let entry = entry(&user, "user.password_reset");
    if !app.store.reset_password(&hash, &ticket, &user, &password, &from, &entry).await? {
        return Err(no_good());
    }
    app.callers.forget_user(&user.id);
    Ok(())
}

/// Notes that the user's address is proven.
pub async fn verify(app: &App, token: &Secret<String>) -> Result<()> {
    let (hash, ticket, user) = ticket(app, token, Purpose::Verify).await?;
    let user = app.store.user(&user, true).await?.ok_or_else(no_good)?;
    if app.store.verify_email(&hash, &ticket, &user.id, &entry(&user, "user.verified")).await? {
        Ok(())
    } else {
        Err(no_good())
    }
}

async fn ticket(app: &App, token: &Secret<String>, purpose: Purpose) -> Result<(String, Ticket, UserId)> {
    let hash = opaque::hash(token.expose());
    let found = app.store.ticket(&hash).await?.filter(|ticket| ticket.purpose == purpose);
    let ticket = found.ok_or_else(no_good)?;
    let user = ticket.user.clone().ok_or_else(no_good)?;
    Ok((hash, ticket, user))
}

fn no_good() -> Error {
    Error::new(Code::LinkInvalid, "This link is used, too old, or not one of ours; ask for another mail")
}

fn entry<'a>(user: &'a User, action: &'a str) -> Detailed<'a> {
    let own = user.id.as_str();
    Entry { org: &user.org, actor: own, action, subject: own, request: None }.about([])
}
