//! `users deactivate` and `users activate`: who may come in.
//!
//! Somebody who may not is signed out everywhere, and neither signs in nor is acted for; service keys that they made are
//! good no more. What they connected stays, and stays fresh.

use serde_json::json;
use shared::{
    app::App,
    auth::email,
    id::UserId,
    store::{audit::Entry, users::User},
};

use crate::{
    failure::Failure,
    output::{Ended, Output},
};

/// How often it looks again after the user was changed under its hands.
const ROUNDS: usize = 4;

pub(crate) async fn set_active(app: &App, output: Output, who: &str, active: bool) -> Result<Ended, Failure> {
    for _ in 0..ROUNDS {
        let user = named(app, who).await?.ok_or_else(|| Failure::usage(format!("there is no user {who}")))?;
        let changed = user.is_active != active;
        let action = if active { "user.activate" } else { "user.deactivate" };
        let (org, subject) = (&user.org, user.id.as_str());
        let entry = Entry { org, actor: "operator", action, subject, request: None }.about([]);
        if !changed || app.store.set_active(&user, active, &entry).await? {
            let result = json!({ "user": subject, "organisation": org, "active": active, "changed": changed });
            output.result(&result, || words(&user, active, changed))?;
            return Ok(Ended::Done);
        }
    }
    Err(Failure::failed(format!("{who} is being changed by somebody else: run it again")))
}

/// A user by id or by e-mail address; refuses what is neither.
async fn named(app: &App, who: &str) -> Result<Option<User>, Failure> {
    if who.parse::<UserId>().is_err() && email::normalise(who).is_none() {
        return Err(Failure::usage("this is neither a user's id nor an e-mail address"));
    }
    find(app, who).await
}

/// A user by id or by e-mail address.
pub(crate) async fn find(app: &App, named: &str) -> Result<Option<User>, Failure> {
    match (named.parse::<UserId>(), email::normalise(named)) {
        (Ok(id), _) => Ok(app.store.user(&id, true).await?),
        (_, Some(address)) => Ok(app.store.user_by_email(&address).await?),
        _ => Ok(None),
    }
}

fn words(user: &User, active: bool, changed: bool) -> String {
    let (User { id, org, .. }, now) = (user, if active { "may come in" } else { "may not come in" });
    match (changed, active) {
        (false, _) => format!("{id} of {org} {now} already. Nothing was changed."),
        (true, true) => format!("{id} of {org} {now} again. Former sessions stay ended; they sign in anew."),
        (true, false) => format!(
            "{id} of {org} {now} from now on: within a minute their sessions and the service keys that they made are refused. \
             What they connected stays."
        ),
    }
}
