//! Sign-ins: what they give (tokens, a cookie), how they are refreshed and how they end.
//!
//! Who may sign in is decided in [`super::sign_in`]. Cookies are only for whoever asked from a page of ours: the caller of
//! these functions has looked at the request's `Origin`.

use axum::http::HeaderValue;

use super::{
    Caller, Kind,
    cookie::SessionCookie,
    credential::invalid,
    family::{self, Verdict},
    opaque,
    token::{self, Party},
};
use crate::{
    app::App,
    http::{Code, Error},
    id::{FamilyId, random},
    secret::Secret,
    store::{audit, families::Family, users::User},
};

/// How often a refresh looks again after somebody else changed the family under its hands.
const ROUNDS: usize = 4;

/// What a sign-in or a refresh gives a client.
pub struct Tokens {
    /// A JWT for the API.
    pub access_token: Secret<String>,
    /// An opaque token, good for one refresh.
    pub refresh_token: Secret<String>,
    /// The access token's life, seconds.
    pub expires_in: i64,
}

/// Signs in an API client; with `page` also the browser that it runs in.
pub async fn open(app: &App, user: &User, page: bool) -> Result<(Tokens, Option<HeaderValue>), Error> {
    let id: FamilyId = app.ids.make();
    let refresh_token = family::first(&id);
    let cookie = page.then(|| cookie_value(&id));
    let family = started(app, user, id, Some(&refresh_token), cookie.as_ref());
    app.store.start_family(&family).await?;
    let header = match cookie {
        Some(value) => set_cookie(app, &value).await?,
        None => None,
    };
    Ok((tokens(app, &family, refresh_token).await?, header))
}

/// Signs in a browser on a page of ours: the cookie to set.
pub async fn start(app: &App, user: &User) -> Result<HeaderValue, Error> {
    let id: FamilyId = app.ids.make();
    let value = cookie_value(&id);
    app.store.start_family(&started(app, user, id, None, Some(&value))).await?;
    set_cookie(app, &value).await?.ok_or_else(|| Error::new(Code::Internal, "The session could not be started"))
}

/// Signs out: ends the caller's whole session family, and gives the cookie that removes the browser's.
pub async fn end(app: &App, caller: &Caller) -> Result<Option<HeaderValue>, Error> {
    if let Kind::Person { family, .. } = caller.kind() {
        app.store.end_family(family).await?;
        app.callers.forget_family(family);
    }
    Ok(SessionCookie::on(app.public_url().await?).clear())
}

/// Gives the next tokens for a refresh token. The same token within ten seconds gives the same successor; later, it ends
/// the session and is written down.
pub async fn refresh(app: &App, presented: &Secret<String>) -> Result<Tokens, Error> {
    let id = family::parse(presented.expose()).ok_or_else(|| refusal_of_form(presented.expose()))?;
    let hash = opaque::hash(presented.expose());
    // A read that lags behind would take the newest token for a stranger's.
    let mut seen = app.store.family(&id, true).await?.ok_or_else(not_good)?;
    for _ in 0..ROUNDS {
        match family::judge(&seen, &hash, app.clock.now()) {
            Verdict::Current => {
                let keys = app.seeds.keys().await?;
                refuse_unless_active(app, &seen).await?;
                let next = family::successor(keys.current(), &id, presented.expose(), seen.generation + 1);
                match app.store.rotate_family(&seen, &opaque::hash(next.expose())).await? {
                    Ok(()) => return tokens(app, &seen, next).await,
                    Err(now) => seen = now.ok_or_else(not_good)?,
                }
            }
            Verdict::Again => {
                let keys = app.seeds.keys().await?;
                refuse_unless_active(app, &seen).await?;
                let same = family::same_successor(&keys, &seen, presented.expose()).ok_or_else(not_good)?;
                return tokens(app, &seen, same).await;
            }
            Verdict::Reused => {
                end_reused(app, &seen).await?;
                return Err(not_good());
            }
            Verdict::Ended => return Err(not_good()),
        }
    }
    Err(Error::new(Code::Unavailable, "Too many refreshes of this session at once").retry_after(1))
}

async fn end_reused(app: &App, family: &Family) -> Result<(), Error> {
    let first = app.store.end_family(&family.id).await?;
    app.callers.forget_family(&family.id);
    if first {
        tracing::warn!(family = %family.id, "a used refresh token came back; the session was ended");
        let entry = audit::Entry {
            org: &family.org,
            actor: family.user.as_str(),
            action: "session.reuse_detected",
            subject: family.id.as_str(),
            request: None,
        };
        app.store.audit(&entry).await?;
    }
    Ok(())
}

async fn refuse_unless_active(app: &App, family: &Family) -> Result<(), Error> {
    let user = app.store.user(&family.user, true).await?;
    match user.filter(|user| user.keeps(family)) {
        Some(_) => Ok(()),
        None => Err(Error::new(Code::InvalidToken, "User not found")),
    }
}

/// An access token or a key in the refresh token's place is told apart from nonsense: its sender took the wrong field.
fn refusal_of_form(presented: &str) -> Error {
    if token::kid(presented).is_ok() || presented.starts_with(super::service_key::PREFIX) {
        Error::new(Code::WrongTokenType, "Invalid token type")
    } else {
        not_good()
    }
}

fn not_good() -> Error {
    Error::new(Code::InvalidToken, invalid().message())
}

fn started(
    app: &App,
    user: &User,
    id: FamilyId,
    refresh: Option<&Secret<String>>,
    cookie: Option<&Secret<String>>,
) -> Family {
    let now = app.clock.now();
    Family {
        id,
        user: user.id.clone(),
        org: user.org.clone(),
        started_at: now,
        expires: now.as_second() + app.config.accounts.session_days * 24 * 3600,
        generation: 0,
        current: refresh.map(|token| opaque::hash(token.expose())),
        previous: None,
        rotated_at: None,
        cookie: cookie.map(|value| opaque::hash(value.expose())),
        revoked_at: None,
        sessions: user.sessions,
    }
}

fn cookie_value(id: &FamilyId) -> Secret<String> {
    Secret::new(family::form(id, random()))
}

async fn set_cookie(app: &App, value: &Secret<String>) -> Result<Option<HeaderValue>, Error> {
    let seconds = app.config.accounts.session_days * 24 * 3600;
    Ok(SessionCookie::on(app.public_url().await?).set(value.expose(), seconds))
}

/// An access token never outlives its session.
async fn tokens(app: &App, family: &Family, refresh_token: Secret<String>) -> Result<Tokens, Error> {
    let now = app.clock.epoch();
    let exp = (now + app.config.accounts.access_minutes * 60).min(family.expires);
    let party = Party::new(app.public_url().await?);
    let claims = token::claims(&party, &family.user, &family.org, &family.id, now, exp);
    let keys = app.seeds.keys().await?;
    let access_token = token::sign(keys.current(), &claims).map_err(Error::internal)?;
    Ok(Tokens { access_token, refresh_token, expires_in: exp - now })
}
