//! Who looks after an organisation, by the word of whoever runs the installation.
//!
//! An account that is made here counts as proven: the operator vouches for the address. One that somebody had registered
//! before does not, and is told; it may be anybody's.

use std::io::BufRead as _;

use serde::Serialize;
use shared::{
    app::App,
    auth::{
        Role, email,
        password::{LONGEST, SHORTEST},
    },
    id::{OrgId, UserId},
    secret::Secret,
    store::{
        audit::{Detailed, Entry},
        users::{Home, Registration, User},
    },
};

use crate::{cli::Seed, failure::Failure};

/// The account that was named.
#[expect(clippy::struct_excessive_bools, reason = "each is one thing to know of it")]
#[derive(Serialize)]
pub(super) struct Administrator {
    user: UserId,
    organisation: OrgId,
    /// Now; otherwise it was there.
    made: bool,
    /// Now made the administrator of the organisation that `--org` names.
    appointed: bool,
    role: Role,
    /// Whether the address is known to be theirs.
    proven: bool,
    /// Whether it can sign in; otherwise by the reset mail only.
    password: bool,
}

/// The address as it is looked up.
pub(super) fn address(typed: &str) -> Result<String, Failure> {
    email::normalise(typed).ok_or_else(|| Failure::usage("--admin: this is not an e-mail address"))
}

/// Makes it, or finds it; with `--org`, sees to it that it looks after that organisation.
pub(super) async fn appoint(app: &App, args: &Seed, email: &str) -> Result<Administrator, Failure> {
    if let Some(org) = &args.org
        && app.store.organisation(org).await?.is_none()
    {
        return Err(Failure::usage(format!("there is no organisation {org}")));
    }
    match app.store.user_by_email(email).await? {
        Some(user) => there_already(app, args, user).await,
        None => Ok(Administrator { made: true, ..Administrator::of(make(app, args, email).await?) }),
    }
}

async fn there_already(app: &App, args: &Seed, user: User) -> Result<Administrator, Failure> {
    let Some(org) = &args.org else { return Ok(Administrator::of(user)) };
    if user.org != *org {
        let (user, home) = (user.id, user.org);
        return Err(Failure::failed(format!(
            "{user} is in the organisation {home}, and nobody is in two: an invitation of {org} asks them to come over"
        )));
    }
    if user.role == Role::Admin {
        return Ok(Administrator::of(user));
    }
    if !app.store.change_role(&user, Role::Admin, &entry(&user.org, &user.id, "member.role")).await? {
        return Err(Failure::failed(format!(
            "{} is being changed by somebody else, or not active: look, and run it again",
            user.id
        )));
    }
    Ok(Administrator { appointed: true, ..Administrator::of(User { role: Role::Admin, ..user }) })
}

async fn make(app: &App, args: &Seed, email: &str) -> Result<User, Failure> {
    let password = app.passwords.hash(&password(args)?).await?;
    let home = match &args.org {
        Some(org) => Home::Appointed(org),
        None => Home::Vouched(app.ids.make::<OrgId>()),
    };
    let user = app.ids.make::<UserId>();
    let new = Registration { user, home, email, full_name: args.name.trim(), password: &password };
    let made = app.store.register(&new, &entry(new.home.org(), &new.user, "user.seed")).await?;
    made.ok_or_else(|| {
        Failure::failed(
            "somebody has registered this address at this moment, or the organisation was closed: run it again",
        )
    })
}

fn password(args: &Seed) -> Result<Secret<String>, Failure> {
    if !args.password_stdin {
        return Err(Failure::usage("--admin needs --password-stdin: the password comes from standard input"));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = Secret::new(line.trim_end_matches(['\r', '\n']).to_owned());
    drop(Secret::new(line));
    if !(SHORTEST..=LONGEST).contains(&password.expose().len()) {
        return Err(Failure::usage(format!("a password has {SHORTEST} to {LONGEST} bytes")));
    }
    Ok(password)
}

fn entry<'a>(org: &'a OrgId, user: &'a UserId, action: &'a str) -> Detailed<'a> {
    Entry { org, actor: "operator", action, subject: user.as_str(), request: None }.about([])
}

impl Administrator {
    fn of(user: User) -> Self {
        let (password, proven) = (user.password.is_some(), user.is_verified);
        Self { user: user.id, organisation: user.org, made: false, appointed: false, role: user.role, proven, password }
    }

    /// Whether nobody has to look at it.
    pub(super) fn is_settled(&self) -> bool {
        self.role == Role::Admin && (self.proven || !self.password)
    }

    pub(super) fn words(&self) -> String {
        let Self { user, organisation, role, .. } = self;
        let mut text = match (self.made, self.appointed) {
            (true, _) => format!("Made the administrator {user} of {organisation}.\n"),
            (_, true) => format!("{user} is administrator of {organisation} now.\n"),
            _ => format!("There already: {user}, {} of {organisation}. Nothing was changed.\n", role.as_str()),
        };
        if *role != Role::Admin {
            text.push_str("It administers nothing; `--org` with its organisation makes it an administrator.\n");
        }
        match (self.password, self.proven) {
            (false, _) => text.push_str("It has no password yet: the reset mail of the sign-in page sets one.\n"),
            (true, false) => text.push_str(
                "Somebody has registered this address here and never proven it. If that was you, follow the link in the mail of \
                 that day, or ask for another one. If it was not, the account is somebody else's: migrations give it nothing.\n",
            ),
            (true, true) => {}
        }
        text
    }
}
