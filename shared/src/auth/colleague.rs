//! Who is meant where a request names somebody of the caller's organisation.

use super::Caller;
use crate::{
    app::App,
    http::Error,
    id::{OrgId, UserId},
    store::users::User,
};

/// No app's own id of a user is longer, in bytes.
const LONGEST_EXTERNAL: usize = 128;

impl Caller {
    /// The user of the caller's organisation who is named so. It is no right to act for them, nor to be told of them.
    ///
    /// One read for an id, and for a name that nobody has; two for an address or an app's own id.
    pub async fn colleague(&self, app: &App, named: &str) -> Result<Option<User>, Error> {
        of(app, self.org(), named, false).await
    }
}

/// A user of this organisation by id, by e-mail address, or by `ext:` and the app's own id; which may stand alone where it
/// looks like neither of the others, as D1's clients name people.
pub(super) async fn of(app: &App, org: &OrgId, named: &str, sure: bool) -> Result<Option<User>, Error> {
    let found = if let Some(external) = named.strip_prefix("ext:") {
        app.store.user_by_external_id(org, external).await?
    } else if let Ok(id) = named.parse::<UserId>() {
        app.store.user(&id, sure).await?
    } else if let Some(email) = super::email::normalise(named) {
        app.store.user_by_email(&email).await?
    } else if (1..=LONGEST_EXTERNAL).contains(&named.len()) {
        app.store.user_by_external_id(org, named).await?
    } else {
        None
    };
    Ok(found.filter(|user| user.org == *org))
}
