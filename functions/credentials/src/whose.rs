//! Whose credentials a request is about. Whoever the caller may not speak for reads as if there were nobody.

use shared::{
    app::App,
    auth::{Asker, Caller, FreshAsker, Kind, Tenant},
    http::{Code, Error, Result},
    id::UserId,
    store::users::User,
};

/// An owner, and how it is called.
pub(crate) struct Whose {
    pub(crate) tenant: Tenant,
    /// The user's name for logging in, or e-mail address; none for the organisation.
    pub(crate) username: Option<String>,
}

/// What nobody has, and what somebody else has.
pub(crate) fn not_found() -> Error {
    Error::not_found("Credentials not found")
}

/// The caller of an operation whose query may name a user. One that a key may not act for is nobody.
pub(crate) async fn by(app: &App, asker: Result<FreshAsker>, named: Option<&str>) -> Result<Caller> {
    about(app, asker.map(|FreshAsker(asker)| asker), named).await
}

/// The same, whoever remembers the caller.
pub(crate) async fn about(app: &App, asker: Result<Asker>, named: Option<&str>) -> Result<Caller> {
    let named = given(named);
    let caller = match asker {
        Ok(asker) => asker.about(app, named).await,
        Err(error) => Err(error),
    };
    match caller {
        Err(error) if named.is_some() && error.code() == Code::Forbidden => Err(not_found()),
        caller => caller,
    }
}

/// What was really said: an empty parameter says nothing.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The caller, or the user that it names and may act for. Where nobody is named, a key that is not for one user is for the
/// organisation.
pub(crate) async fn whose(app: &App, caller: &Caller, named: Option<&str>) -> Result<Whose> {
    let named = given(named);
    if let Some(own) = caller.user_id() {
        let user = app.store.user(own, true).await?.ok_or_else(not_found)?;
        if named.is_none_or(|named| is(&user, named)) {
            return Ok(Whose { tenant: caller.tenant().clone(), username: Some(user.called().to_owned()) });
        }
    }
    match (named, caller.kind()) {
        (None, _) => of_all(caller).map_err(|_| not_found()),
        (Some(_), Kind::Person { .. }) => Err(not_found()),
        (Some(named), Kind::Key(_)) => another(app, caller, named).await,
    }
}

async fn another(app: &App, caller: &Caller, named: &str) -> Result<Whose> {
    let acting = caller.surely_on_behalf_of(app, named).await.map_err(|error| {
        // A key without the right to act for others is told so, whoever it names.
        if error.code() == Code::Forbidden { not_found() } else { error }
    })?;
    let id = acting.user_id().ok_or_else(not_found)?;
    let username = app.store.user(id, true).await?.map(|user| user.called().to_owned());
    Ok(Whose { tenant: acting.tenant().clone(), username })
}

/// The organisation's own.
pub(crate) fn of_all(caller: &Caller) -> Result<Whose> {
    Ok(Whose { tenant: caller.of_organisation()?, username: None })
}

/// Whether somebody is named so: by id, e-mail address or name.
fn is(user: &User, named: &str) -> bool {
    let by_id = named.parse::<UserId>().is_ok_and(|id| id == user.id);
    by_id
        || named == "me"
        || user.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(named))
        || user.username.as_deref() == Some(named)
}
