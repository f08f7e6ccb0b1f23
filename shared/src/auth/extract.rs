//! How a handler gets its [`Caller`]: reads the credential off the request, believes it or not, counts the request.
//!
//! A caller that was believed is remembered for at most a minute, by the hash of the whole credential, so that a warm call
//! reads nothing. Refusals are never remembered. Operations that make a key, reveal a secret or disconnect take a
//! [`FreshCaller`], which asks the tables whatever is remembered.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest;
use axum::{
    extract::{FromRequestParts, MatchedPath, OptionalFromRequestParts},
    http::request::Parts,
};
use jiff::Timestamp;

use super::{
    Caller, Kind, Right,
    behalf::{self, Behalf},
    cookie::SessionCookie,
    credential::Credential,
    credential::invalid,
    credential::unauthenticated,
    family, opaque, service_key, token,
};
use crate::{
    app::App,
    http::{Code, Error},
    id::{FamilyId, KeyId, UserId},
    limits::Slot,
    recent::Recent,
    secret::Secret,
    store::{families::Family, service_keys::ServiceKey},
};

/// How long a caller is believed without asking again.
const BELIEVED: Duration = Duration::from_mins(1);

/// Callers believed lately.
pub struct Callers(Recent<[u8; 32], Believed>);

#[derive(Clone)]
struct Believed {
    caller: Caller,
    until: Timestamp,
}

/// A caller who was looked up for this very request.
pub struct FreshCaller(pub Caller);

/// What this request was answered to before: several extractors of one handler count it once.
#[derive(Clone)]
struct Admitted {
    caller: Caller,
    fresh: bool,
}

/// Why the caller of this request was refused already.
#[derive(Clone)]
struct TurnedAway(Error);

impl Default for Callers {
    fn default() -> Self {
        Self(Recent::new(5_000))
    }
}

impl Callers {
    /// Forgets whoever came by this sign-in, in this process at once.
    pub(crate) fn forget_family(&self, id: &FamilyId) {
        self.0.retain(|believed| !matches!(believed.caller.kind(), Kind::Person { family, .. } if family == id));
    }

    /// Forgets this user, in this process at once, also where a key acts for them.
    pub fn forget_user(&self, id: &UserId) {
        self.0.retain(|believed| believed.caller.user_id() != Some(id));
    }

    /// Forgets whoever came by this key, in this process at once.
    pub fn forget_key(&self, id: &KeyId) {
        self.0.retain(|believed| !matches!(believed.caller.kind(), Kind::Key(key) if key.id == *id));
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        admit(parts, app, false).await
    }
}

impl FromRequestParts<App> for FreshCaller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        admit(parts, app, true).await.map(Self)
    }
}

/// For pages: nobody, where nobody is signed in.
impl OptionalFromRequestParts<App> for Caller {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Error> {
        match admit(parts, app, false).await {
            Ok(caller) => Ok(Some(caller)),
            Err(error) if error.code() == Code::Unauthenticated => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Finds out who calls before the operation is asked, for the layers around it: what comes of it, a refusal as well, holds
/// for the operation's extractors.
pub(crate) async fn admit_ahead(parts: &mut Parts, app: &App) -> Result<Caller, Error> {
    let found = admit(parts, app, false).await;
    if let Err(refusal) = &found {
        parts.extensions.insert(TurnedAway(refusal.clone()));
    }
    found
}

async fn admit(parts: &mut Parts, app: &App, fresh: bool) -> Result<Caller, Error> {
    admit_unsaid(parts, app, fresh).await?.said()
}

/// The same, where it may not be said yet for which of its users a key acts. For [`super::Asker`] alone.
pub(super) async fn admit_unsaid(parts: &mut Parts, app: &App, fresh: bool) -> Result<Caller, Error> {
    if let Some(TurnedAway(refusal)) = parts.extensions.get() {
        return Err(refusal.clone());
    }
    if let Some(admitted) = parts.extensions.get::<Admitted>()
        && (admitted.fresh || !fresh)
    {
        return Ok(admitted.caller.clone());
    }
    let caller = identify(parts, app, fresh).await?;
    tracing::Span::current().record("caller", caller.actor());
    if parts.extensions.get::<Admitted>().is_none() {
        count(parts, app, &caller).await?;
    }
    parts.extensions.insert(Admitted { caller: caller.clone(), fresh });
    Ok(caller)
}

/// The operation is the path's template, so that one user's many ids do not make many windows.
async fn count(parts: &Parts, app: &App, caller: &Caller) -> Result<(), Error> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let operation = format!("{} {path}", parts.method);
    let rate = match caller.kind() {
        Kind::Person { .. } => app.limits.person(app, caller.actor(), &operation).await?,
        Kind::Key(_) => app.limits.key(app, caller.actor(), &operation)?,
    };
    if let Some(slot) = parts.extensions.get::<Slot>() {
        slot.put(rate);
    }
    Ok(())
}

async fn identify(parts: &Parts, app: &App, fresh: bool) -> Result<Caller, Error> {
    let shown = Credential::in_header(&parts.headers)?;
    let cookie = if parts.headers.contains_key(axum::http::header::COOKIE) {
        SessionCookie::on(app.public_url().await?).read(&parts.headers)?.map(|value| Credential::Cookie(value.into()))
    } else {
        None
    };
    let asked = behalf::in_query(parts);
    let behalf = Behalf::of(behalf::in_header(parts)?, asked.as_deref())?;
    match (shown, cookie) {
        (None, None) => Err(unauthenticated("Not authenticated")),
        (None, Some(cookie)) => {
            app.origins().await?.guard(&parts.method, &parts.headers)?;
            believe(app, &cookie, behalf, fresh).await
        }
        (Some(shown), None) => believe(app, &shown, behalf, fresh).await,
        (Some(Credential::Key(_)), Some(_)) => Err(two_credentials()),
        // A page that holds both shows both; they must be the same person's. A cookie that is not good any more says
        // nothing.
        (Some(shown), Some(cookie)) => {
            let caller = believe(app, &shown, behalf, fresh).await?;
            match believe(app, &cookie, None, false).await {
                Ok(other) if other.user_id() != caller.user_id() => Err(two_credentials()),
                Err(error) if error.code() != Code::Unauthenticated => Err(error),
                _ => Ok(caller),
            }
        }
    }
}

fn two_credentials() -> Error {
    Error::new(Code::Malformed, "The request carries two different credentials")
}

/// Finds out who shows this credential, from memory or from the tables.
async fn believe(app: &App, credential: &Credential, behalf: Option<Behalf<'_>>, fresh: bool) -> Result<Caller, Error> {
    let mark = mark(credential, behalf);
    let now = app.clock.now();
    if !fresh
        && let Some(believed) = app.callers.0.get(&mark)
        && now < believed.until
    {
        return Ok(believed.caller);
    }
    let (caller, ends) = match credential {
        Credential::Access(token) => by_access_token(app, token, fresh).await?,
        Credential::Cookie(value) => by_cookie(app, value, fresh).await?,
        Credential::Key(key) => by_key(app, key, fresh).await?,
    };
    let caller = match (behalf, caller.kind()) {
        (Some(behalf), Kind::Key(_)) => caller.acting_for(app, behalf.named(), fresh).await?,
        (Some(Behalf::Header(named)), Kind::Person { .. }) => caller.acting_for(app, named, fresh).await?,
        // Its maker alone was meant, and was just looked up.
        (None, Kind::Key(_)) if caller.user_id().is_some() => caller,
        (None, Kind::Key(key)) => Caller::of_key(app, key.clone(), fresh).await?,
        // What a person's own query says is for the operation to read.
        (Some(Behalf::Query(_)) | None, Kind::Person { .. }) => caller,
    };
    let until = ends.min(now + BELIEVED);
    app.callers.0.put(mark, Believed { caller: caller.clone(), until });
    Ok(caller)
}

fn mark(credential: &Credential, behalf: Option<Behalf<'_>>) -> [u8; 32] {
    let (way, text) = match credential {
        Credential::Access(text) => (b'a', text),
        Credential::Cookie(text) => (b'c', text),
        Credential::Key(text) => (b'k', text),
    };
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&[way]);
    context.update(&(text.expose().len() as u64).to_be_bytes());
    context.update(text.expose().as_bytes());
    // What a query names counts for keys alone, what a header names for everybody.
    context.update(match behalf {
        None => b"-",
        Some(Behalf::Header(_)) => b"h",
        Some(Behalf::Query(_)) => b"q",
    });
    context.update(behalf.map_or("", Behalf::named).as_bytes());
    let mut mark = [0; 32];
    mark.copy_from_slice(context.finish().as_ref());
    mark
}

async fn by_access_token(app: &App, text: &Secret<String>, fresh: bool) -> Result<(Caller, Timestamp), Error> {
    let refused = |why: token::Refused| invalid().caused_by(why);
    let kid = token::kid(text.expose()).map_err(refused)?;
    let keys = app.seeds.keys_with(&kid).await?;
    let party = token::Party::new(app.public_url().await?);
    let claims = token::verify(&keys, text.expose(), &party, app.clock.now()).map_err(refused)?;
    let (family, user) = tokio::join!(app.store.family(&claims.sid, fresh), app.store.user(&claims.sub, fresh));
    let family =
        family?.filter(|family| family.user == claims.sub && family.lives(app.clock.now())).ok_or_else(invalid)?;
    let user = user?.filter(|user| user.org == claims.org && user.keeps(&family)).ok_or_else(invalid)?;
    let ends = Timestamp::from_second(claims.exp.min(family.expires)).map_err(Error::internal)?;
    Ok((Caller::person(&user, family.id), ends))
}

async fn by_cookie(app: &App, value: &Secret<String>, fresh: bool) -> Result<(Caller, Timestamp), Error> {
    let id = family::of_form(value.expose()).ok_or_else(invalid)?;
    let family = app.store.family(&id, fresh).await?.filter(|family| opens(family, value, app.clock.now()));
    let family = family.ok_or_else(invalid)?;
    let (user, ends): (&UserId, i64) = (&family.user, family.expires);
    let user = app.store.user(user, fresh).await?.filter(|user| user.keeps(&family));
    let ends = Timestamp::from_second(ends).map_err(Error::internal)?;
    Ok((Caller::person(&user.ok_or_else(invalid)?, family.id), ends))
}

fn opens(family: &Family, value: &Secret<String>, now: Timestamp) -> bool {
    family.lives(now) && family.cookie.as_ref().is_some_and(|stored| opaque::matches(value.expose(), stored))
}

async fn by_key(app: &App, text: &Secret<String>, fresh: bool) -> Result<(Caller, Timestamp), Error> {
    let (id, secret) = service_key::parse(text.expose()).ok_or_else(invalid)?;
    let stored = app.store.key(&id, fresh).await?;
    let stored = stored.filter(|stored| opaque::matches(secret, &stored.hash)).ok_or_else(invalid)?;
    if stored.key.expires_at <= app.clock.now() {
        return Err(unauthenticated("This service key has expired"));
    }
    let ends = stored.key.expires_at;
    Ok((held_to_its_maker(app, stored.key, fresh).await?, ends))
}

/// A key does what its maker still may: nothing once they are gone, and no more than their present role. One for its maker
/// alone acts for them.
async fn held_to_its_maker(app: &App, mut key: ServiceKey, fresh: bool) -> Result<Caller, Error> {
    let maker = app.store.user(&key.created_by, fresh).await?;
    let maker = maker.filter(|maker| maker.is_active && maker.org == key.org && maker.keyring == key.keyring);
    let maker = maker.ok_or_else(|| unauthenticated("Whoever made this service key does not belong here any more"))?;
    let alone = key.users.only_one() == Some(&maker.id);
    if !alone && !maker.role.may(Right::OthersThings) {
        let sentence = "This service key acts for others, and whoever made it is no administrator any more";
        return Err(Error::new(Code::Forbidden, sentence));
    }
    key.scopes.retain(|scope| maker.role.may(Right::Own(*scope)));
    Ok(Caller::key(Arc::new(key), alone.then_some(&maker)))
}
