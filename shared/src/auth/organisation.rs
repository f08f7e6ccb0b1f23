//! Coming into an organisation, becoming something else in it, and going.
//!
//! A user belongs to one organisation at a time. What was connected belongs to the organisation where it was: nothing
//! moves along, so joining another one takes that nothing is left, and leaving has it ended (decision 12).

use super::{Caller, Owner, Right, Role, Tenant, email, opaque};
use crate::{
    app::App,
    config::Window,
    http::{ClientIp, Code, Error, Result},
    id::{InvitationId, OrgId, RequestId, UserId},
    limits, queue,
    secret::Secret,
    store::{
        audit,
        errands::{Errand, Task},
        invitations::{self, Invitation},
        members::Behind,
        tickets::Purpose,
        users::User,
    },
};

/// How often a change looks again after somebody else changed the members under its hands.
const ROUNDS: usize = 4;
/// Invitations that one organisation may send.
const INVITATIONS: Window = Window { max: 100, per: std::time::Duration::from_hours(24) };
/// Invitations from one address of the network, whoever sends them: an office may have several organisations.
const BY_NETWORK: Window = Window { max: 200, ..INVITATIONS };

/// Invites an e-mail address; the link goes out by mail.
pub async fn invite(
    app: &App,
    caller: &Caller,
    ip: ClientIp,
    (typed, role): (&str, Role),
    request: &RequestId,
) -> Result<Invitation> {
    let (org, by) = (caller.org(), caller.require_person()?);
    let email = email::normalise(typed).ok_or_else(|| Error::field("/email", "This is not an e-mail address"))?;
    // The mail goes out in the operator's name, with words of whoever signed up.
    let Some(inviter) = app.store.user(by, true).await?.filter(|user| user.is_verified) else {
        let sentence = "Prove your own e-mail address first, by the link in our mail; POST /api/auth/verify-email/request \
                        sends another";
        return Err(Error::new(Code::EmailUnproven, sentence));
    };
    let member = app.store.user_by_email(&email).await?.is_some_and(|user| user.org == *org);
    if member {
        return Err(Error::new(Code::Conflict, "This address belongs to a member already"));
    }
    if app.store.is_invited(org, &email).await? {
        return Err(Error::new(Code::Conflict, "This address is invited already; take that invitation back first"));
    }
    room(app, org).await?;
    let (by_org, by_network) = (["invite", org.as_str()], ["invite", &ip.subscriber().to_string()]);
    for (name, window) in [(by_org, INVITATIONS), (by_network, BY_NETWORK)] {
        let counted = app.store.count(&name, &[window]).await?;
        limits::hold(&counted, "Too many invitations today, please try again later.")?;
    }
    let now = app.clock.now();
    let invitation = Invitation {
        id: app.ids.make::<InvitationId>(),
        org: org.clone(),
        email,
        role,
        invited_by: by.clone(),
        keyring: inviter.keyring,
        created_at: now,
        expires: now.as_second() + invitations::LIFE,
        used_by: None,
    };
    let task = Task::Invite { org: org.clone(), invitation: invitation.id.clone() };
    let letter = Errand::new(task, now.as_second());
    let entry = entry(org, by, "invitation.create", invitation.id.as_str(), request);
    app.store.invite(&invitation, &letter, &entry.about([("role", role.as_str().to_owned())])).await?;
    queue::look_after(app, &letter).await;
    Ok(invitation)
}

/// The invitation that a mail's token leads to, if it can still be accepted.
pub async fn invitation(app: &App, token: &Secret<String>) -> Result<Option<Invitation>> {
    let ticket = app.store.ticket(&opaque::hash(token.expose())).await?;
    let Some(ticket) = ticket.filter(|ticket| ticket.purpose == Purpose::Invitation) else { return Ok(None) };
    let (Some(org), Some(id)) = (&ticket.org, &ticket.invitation) else { return Ok(None) };
    let found = app.store.invitation(org, id).await?;
    Ok(found.filter(|invitation| invitation.is_open(app.clock.epoch())))
}

/// The same, for the address that it was sent to and no other.
pub(super) async fn invitation_for(app: &App, token: &Secret<String>, email: &str) -> Result<Invitation> {
    let found = invitation(app, token).await?.filter(|invitation| invitation.email == email);
    let invitation = found.ok_or_else(no_way_in)?;
    let inviter = app.store.user(&invitation.invited_by, true).await?;
    let inviter = inviter.filter(|user| user.org == invitation.org && user.keyring == invitation.keyring);
    // Whoever was removed, or is no administrator any more, brings nobody in.
    if !inviter.is_some_and(|user| user.is_active && user.role.may(Right::ManageOrganisation)) {
        return Err(no_way_in());
    }
    room(app, &invitation.org).await?;
    Ok(invitation)
}

/// The refusal of an invitation, whatever is wrong with it.
pub(super) fn no_way_in() -> Error {
    let message = "This invitation is used, taken back, too old, or meant for another e-mail address";
    Error::new(Code::LinkInvalid, message)
}

async fn room(app: &App, org: &OrgId) -> Result<()> {
    let most = app.config.limits.members;
    let members = app.store.organisation(org).await?.map_or(0, |organisation| organisation.members);
    if most > 0 && members >= most {
        return Err(Error::new(Code::LimitReached, format!("There may be {most} members in an organisation")));
    }
    Ok(())
}

/// Takes a user who has an account into the organisation of an invitation to this very address. All sessions end; the
/// user as they are from now on comes back.
pub async fn accept(app: &App, user: &UserId, token: &Secret<String>, request: &RequestId) -> Result<User> {
    for _ in 0..ROUNDS {
        let seen = app.store.user(user, true).await?.filter(|user| user.is_active).ok_or_else(gone)?;
        let to = invitation_for(app, token, seen.email.as_deref().unwrap_or_default()).await?;
        if to.org == seen.org {
            return Err(Error::new(Code::Conflict, "You belong to this organisation already"));
        }
        let behind = behind(app, &seen).await?;
        let left = entry(&seen.org, user, "member.leave", user.as_str(), request).about([]);
        let joined = entry(&to.org, user, "member.join", user.as_str(), request);
        let joined = joined.about([("role", to.role.as_str().to_owned())]);
        if app.store.join(&seen, behind, &to, app.config.limits.members, [&left, &joined]).await? {
            app.callers.forget_user(user);
            let org = to.org.clone();
            return Ok(User { org, role: to.role, is_verified: true, sessions: seen.sessions + 1, ..seen });
        }
    }
    Err(busy())
}

/// Refuses to leave anything behind that nobody could reach any more.
async fn behind(app: &App, user: &User) -> Result<Behind> {
    let organisation = app.store.organisation(&user.org).await?.ok_or_else(gone)?;
    let own = Tenant::authenticated(user.org.clone(), Owner::User(user.id.clone()));
    let mut left = Vec::new();
    if !app.store.integrations().all(&own).await?.is_empty() {
        left.push("connections of yours");
    }
    if organisation.members > 1 {
        if user.role == Role::Admin && organisation.admins <= 1 {
            return Err(last_admin());
        }
        return if left.is_empty() { Ok(Behind::Others) } else { Err(not_empty(&left)) };
    }
    let shared = Tenant::authenticated(user.org.clone(), Owner::Organisation);
    if !app.store.integrations().all(&shared).await?.is_empty() {
        left.push("connections of the organisation");
    }
    if !app.store.managed(&user.org, None, 1).await?.users.is_empty() {
        left.push("managed users");
    }
    if !app.store.keys(&user.org, None, 1).await?.keys.is_empty() {
        left.push("service keys");
    }
    if left.is_empty() { Ok(Behind::Nobody) } else { Err(not_empty(&left)) }
}

fn not_empty(left: &[&str]) -> Error {
    let message =
        format!("Nothing moves to another organisation. End what you have in this one first: {}", left.join(", "));
    Error::new(Code::NotEmpty, message)
}

/// Gives a member another role.
pub async fn change_role(app: &App, caller: &Caller, user: &UserId, to: Role, request: &RequestId) -> Result<User> {
    let by = caller.require_person()?;
    for _ in 0..ROUNDS {
        let seen = member(app, caller.org(), user).await?;
        if seen.role == to {
            return Ok(seen);
        }
        let entry = entry(caller.org(), by, "member.role", user.as_str(), request);
        let entry = entry.about([("from", seen.role.as_str().to_owned()), ("to", to.as_str().to_owned())]);
        if app.store.change_role(&seen, to, &entry).await? {
            app.callers.forget_user(user);
            return Ok(User { role: to, ..seen });
        }
        keeps_an_admin(app, &seen).await?;
    }
    Err(busy())
}

/// Sends a member off: the caller themself, or another whom an administrator removes. They get a new organisation of
/// their own, their sessions end, and what they had connected here is ended.
pub async fn send_off(app: &App, caller: &Caller, user: &UserId, request: &RequestId) -> Result<()> {
    let by = caller.require_person()?;
    for _ in 0..ROUNDS {
        let seen = member(app, caller.org(), user).await?;
        let home = app.ids.make::<OrgId>();
        let clear_out = clear_out(app, &seen.org, user);
        let action = if by == user { "member.leave" } else { "member.remove" };
        let entry = entry(caller.org(), by, action, user.as_str(), request).about([]);
        if app.store.send_off(&seen, &home, &clear_out, &entry).await? {
            queue::look_after(app, &clear_out).await;
            app.callers.forget_user(user);
            return Ok(());
        }
        keeps_an_admin(app, &seen).await?;
    }
    Err(busy())
}

/// Has all ended that somebody had connected in an organisation.
pub fn clear_out(app: &App, org: &OrgId, user: &UserId) -> Errand {
    Errand::new(Task::ClearOut { org: org.clone(), user: user.clone() }, app.clock.epoch())
}

/// A member of this organisation; managed users are none.
async fn member(app: &App, org: &OrgId, user: &UserId) -> Result<User> {
    let found = app.store.user(user, true).await?;
    let found = found.filter(|user| user.org == *org && user.external_id.is_none());
    found.ok_or_else(|| Error::not_found("Member not found"))
}

/// What refused a change of a member who is still what was seen: the organisation needs an administrator.
async fn keeps_an_admin(app: &App, seen: &User) -> Result<()> {
    let organisation = app.store.organisation(&seen.org).await?;
    if seen.role == Role::Admin && organisation.is_none_or(|organisation| organisation.admins <= 1) {
        return Err(last_admin());
    }
    Ok(())
}

fn last_admin() -> Error {
    let message = "The organisation needs an administrator: make somebody else one first";
    Error::new(Code::LastAdmin, message)
}

fn gone() -> Error {
    Error::new(Code::Unauthenticated, "User not found")
}

fn busy() -> Error {
    Error::new(Code::Conflict, "The organisation's members are being changed by somebody else; try again")
}

fn entry<'a>(
    org: &'a OrgId,
    by: &'a UserId,
    action: &'a str,
    subject: &'a str,
    request: &'a RequestId,
) -> audit::Entry<'a> {
    audit::Entry { org, actor: by.as_str(), action, subject, request: Some(request) }
}
