//! Who may sign in with a password, and how an account is made.
//!
//! For an unknown e-mail address the same is done, in the same time and with the same answer, as for a wrong password.

use super::{
    attempts, email, organisation,
    password::{Checked, LONGEST, SHORTEST},
};
use crate::{
    app::App,
    http::{ClientIp, Code, Error, FieldError, Validate},
    id::{OrgId, RequestId, UserId},
    queue,
    secret::Secret,
    store::{
        audit,
        errands::{Errand, Task},
        users::{Home, Registration, User},
    },
};

/// Longest name, in characters.
const LONGEST_NAME: usize = 200;

/// An account to be made.
pub struct NewAccount<'a> {
    /// As typed.
    pub email: &'a str,
    /// As typed.
    pub password: &'a Secret<String>,
    /// The name shown.
    pub full_name: &'a str,
}

impl Validate for NewAccount<'_> {
    fn validate(&self, errors: &mut Vec<FieldError>) {
        let mut bad = |pointer: &str, detail: String| {
            errors.push(FieldError { pointer: pointer.to_owned(), detail });
        };
        if email::normalise(self.email).is_none() {
            bad("/email", "This is not an e-mail address".to_owned());
        }
        if !(SHORTEST..=LONGEST).contains(&self.password.expose().len()) {
            bad("/password", format!("A password has {SHORTEST} to {LONGEST} bytes"));
        }
        let name = self.full_name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            bad("/full_name", format!("A name has 1 to {LONGEST_NAME} characters, none of them a control character"));
        }
    }
}

/// The user of this e-mail address and password.
pub async fn by_password(app: &App, ip: ClientIp, typed: &str, password: &Secret<String>) -> Result<User, Error> {
    let email = email::normalise(typed);
    let account = email.as_deref().unwrap_or(typed);
    let mut attempt = attempts::begin(app, account, ip).await?;
    let keys = app.seeds.keys().await?;
    let user = match &email {
        Some(email) => app.store.user_by_email(email).await?,
        None => None,
    };
    attempt.take_turn(app, user.as_ref(), &keys).await?;
    let stored = user.as_ref().and_then(|user| user.password.as_ref());
    let checked = app.passwords.check(password, stored).await?;
    let user = user.filter(|_| checked != Checked::Wrong).ok_or_else(wrong)?;
    if !user.is_active {
        return Err(Error::new(Code::Deactivated, "Account is deactivated"));
    }
    let rehashed = match checked {
        Checked::Outdated => Some(app.passwords.hash(password).await?),
        _ => None,
    };
    app.store.signed_in(&user, &attempts::mark_of(&keys, ip), rehashed.as_ref()).await?;
    attempt.succeeded(app).await?;
    Ok(User { last_login: Some(app.clock.now()), ..user })
}

/// Makes an account: with a personal organisation, whose administrator the user is, or in the one of an invitation.
pub async fn register(
    app: &App,
    ip: ClientIp,
    new: &NewAccount<'_>,
    invitation: Option<&Secret<String>>,
    request: &RequestId,
) -> Result<User, Error> {
    attempts::registration(app, ip).await?;
    let email = email::normalise(new.email).ok_or_else(|| Error::field("/email", "This is not an e-mail address"))?;
    let invitation = match invitation {
        Some(token) => Some(organisation::invitation_for(app, token, &email).await?),
        None => None,
    };
    let password = app.passwords.hash(new.password).await?;
    let user = app.ids.make::<UserId>();
    let letter = Errand::new(Task::Verify { user: user.clone() }, app.clock.epoch());
    let home = match &invitation {
        Some(invitation) => Home::Invited(invitation, app.config.limits.members),
        None => Home::Own(app.ids.make::<OrgId>(), &letter),
    };
    let registration = Registration { user, home, email: &email, full_name: new.full_name, password: &password };
    let own = registration.user.as_str();
    let org = registration.home.org();
    let entry = audit::Entry { org, actor: own, action: "user.register", subject: own, request: Some(request) };
    let made = app.store.register(&registration, &entry.about([])).await?;
    let Some(user) = made else { return Err(unmade(app, &email).await?) };
    if invitation.is_none() {
        queue::look_after(app, &letter).await;
    }
    let keys = app.seeds.keys().await?;
    app.store.signed_in(&user, &attempts::mark_of(&keys, ip), None).await?;
    Ok(User { last_login: Some(app.clock.now()), ..user })
}

/// Why no account was made: the address is taken, or what invited it is gone or full.
async fn unmade(app: &App, email: &str) -> Result<Error, Error> {
    let taken = app.store.user_by_email(email).await?.is_some();
    let message = "User with this email already exists";
    Ok(if taken { Error::new(Code::EmailTaken, message) } else { organisation::no_way_in() })
}

fn wrong() -> Error {
    Error::new(Code::InvalidCredentials, "Invalid credentials")
}
