//! Who is calling, and what they may do. Handlers ask a [`Caller`] and nothing else.
//!
//! Made only by the extractors of this module's neighbour, [`super::extract`].

use std::sync::Arc;

use super::{Owner, Role, Scope, Tenant, credential::unauthenticated};
use crate::{
    app::App,
    http::{Code, Error},
    id::{FamilyId, OrgId, UserId},
    store::{service_keys::ServiceKey, users::User},
};

/// An authenticated caller. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller(Arc<Inside>);

#[derive(Debug)]
struct Inside {
    tenant: Tenant,
    role: Role,
    kind: Kind,
}

/// What sort of caller it is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Somebody who signed in.
    Person {
        /// By which sign-in.
        family: FamilyId,
    },
    /// A back end.
    Key(Arc<ServiceKey>),
}

impl Caller {
    pub(super) fn person(user: &User, family: FamilyId) -> Self {
        let tenant = Tenant::authenticated(user.org.clone(), Owner::User(user.id.clone()));
        Self(Arc::new(Inside { tenant, role: user.role, kind: Kind::Person { family } }))
    }

    pub(super) fn key(key: Arc<ServiceKey>, owner: Owner) -> Self {
        let tenant = Tenant::authenticated(key.org.clone(), owner);
        Self(Arc::new(Inside { tenant, role: Role::Member, kind: Kind::Key(key) }))
    }

    /// Whose data this request is about.
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// The organisation.
    pub fn org(&self) -> &OrgId {
        self.0.tenant.org()
    }

    /// The user who calls, or whom a key acts for; none where a key acts for its organisation.
    pub fn user_id(&self) -> Option<&UserId> {
        match self.0.tenant.owner() {
            Owner::User(id) => Some(id),
            Owner::Organisation => None,
        }
    }

    /// What the caller is in the organisation. A key is a member, whoever made it.
    pub fn role(&self) -> Role {
        self.0.role
    }

    /// Person or key.
    pub fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// How the caller stands in logs and in the audit trail: the person's or the key's id.
    pub fn actor(&self) -> &str {
        match (&self.0.kind, self.0.tenant.owner()) {
            (Kind::Key(key), _) => key.id.as_str(),
            (Kind::Person { .. }, owner) => owner.as_str(),
        }
    }

    /// Refuses whoever lacks the right: a key without the scope, a person whose role does not have it.
    pub fn require_scope(&self, scope: Scope) -> Result<(), Error> {
        match &self.0.kind {
            Kind::Key(key) if !key.scopes.contains(&scope) => {
                Err(Error::new(Code::ScopeMissing, format!("This service key lacks the scope {scope}"))
                    .with("scope", scope.as_str()))
            }
            Kind::Person { .. } if !self.0.role.allows(scope) => Err(forbidden()),
            _ => Ok(()),
        }
    }

    /// Refuses everyone but an organisation's administrators.
    pub fn require_admin(&self) -> Result<(), Error> {
        if self.0.role == Role::Admin { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses service keys; gives the person's id.
    pub fn require_person(&self) -> Result<&UserId, Error> {
        match (&self.0.kind, self.0.tenant.owner()) {
            (Kind::Person { .. }, Owner::User(id)) => Ok(id),
            _ => Err(Error::new(Code::Forbidden, "This takes a person who is signed in, not a service key")),
        }
    }

    /// Refuses a key that is limited to other providers.
    pub fn may_use_provider(&self, slug: &str) -> Result<(), Error> {
        match &self.0.kind {
            Kind::Key(key) if !key.providers.holds(&slug.to_owned()) => {
                Err(Error::new(Code::Forbidden, "This service key may not use this provider"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a key that is limited to another project.
    pub fn may_use_project(&self, project: &str) -> Result<(), Error> {
        match self.project() {
            Some(own) if own != project => {
                Err(Error::new(Code::Forbidden, "This service key may not use this project"))
            }
            _ => Ok(()),
        }
    }

    /// The project that a key is limited to.
    pub fn project(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Key(key) => key.project.as_deref(),
            Kind::Person { .. } => None,
        }
    }

    /// The tenant of the user that an older path names. It must be the caller (`me` says so too), or one whom an
    /// administrator or a key may act for. Whoever it may not be, the answer is the same.
    pub async fn self_or_admin(&self, app: &App, named: &str) -> Result<Tenant, Error> {
        match self.user_id() {
            Some(own) if named == "me" || named == own.as_str() => return Ok(self.0.tenant.clone()),
            _ => {}
        }
        match &self.0.kind {
            Kind::Key(_) => Ok(self.on_behalf_of(app, named).await?.0.tenant.clone()),
            Kind::Person { .. } => {
                self.require_admin()?;
                let user = colleague(app, self.org(), named, false).await?.ok_or_else(forbidden)?;
                Ok(Tenant::authenticated(user.org, Owner::User(user.id)))
            }
        }
    }

    /// The same key, acting for one user of its organisation, named by id or e-mail address.
    pub async fn on_behalf_of(&self, app: &App, named: &str) -> Result<Self, Error> {
        self.acting_for(app, named, false).await
    }

    pub(super) async fn acting_for(&self, app: &App, named: &str, sure: bool) -> Result<Self, Error> {
        let Kind::Key(key) = &self.0.kind else {
            return Err(Error::new(Code::Forbidden, "Only a service key acts on behalf of somebody"));
        };
        self.require_scope(Scope::UsersAct)?;
        let user = colleague(app, &key.org, named, sure).await?;
        match user.filter(|user| user.is_active && key.users.holds(&user.id)) {
            Some(user) => Ok(Self::key(key.clone(), Owner::User(user.id))),
            None => Err(forbidden()),
        }
    }

    /// A key without a user named: for the one user that it is limited to, or for its organisation.
    pub(super) async fn of_key(app: &App, key: Arc<ServiceKey>, sure: bool) -> Result<Self, Error> {
        let Some(id) = key.users.only_one() else { return Ok(Self::key(key, Owner::Organisation)) };
        let user = app.store.user(id, sure).await?.filter(|user| user.is_active && user.org == key.org);
        match user {
            Some(user) => Ok(Self::key(key, Owner::User(user.id))),
            None => Err(unauthenticated("The user of this service key is not there any more")),
        }
    }
}

/// A user of this organisation by id or e-mail address.
async fn colleague(app: &App, org: &OrgId, named: &str, sure: bool) -> Result<Option<User>, Error> {
    let found = if let Ok(id) = named.parse::<UserId>() {
        app.store.user(&id, sure).await?
    } else if let Some(email) = super::email::normalise(named) {
        app.store.user_by_email(&email).await?
    } else {
        None
    };
    Ok(found.filter(|user| user.org == *org))
}

/// The refusal that old clients know by this word.
fn forbidden() -> Error {
    Error::new(Code::Forbidden, "Forbidden")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        auth::Reach,
        id::{Ids, KeyId},
    };

    fn key(scopes: &[Scope], providers: Reach<String>, project: Option<&str>) -> Caller {
        let ids = Ids::system();
        let key = ServiceKey {
            id: ids.make::<KeyId>(),
            org: ids.make(),
            name: "back end".to_owned(),
            scopes: scopes.to_vec(),
            providers,
            users: Reach::ALL,
            project: project.map(str::to_owned),
            created_by: ids.make(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: jiff::Timestamp::MAX,
        };
        Caller::key(Arc::new(key), Owner::Organisation)
    }

    #[test]
    fn a_key_may_do_what_it_was_made_for_and_no_more() {
        let caller = key(&[Scope::TokensRead], Reach::Only(vec!["github".to_owned()]), Some("al-chat"));
        assert!(caller.require_scope(Scope::TokensRead).is_ok());
        for scope in Scope::ALL.iter().filter(|scope| **scope != Scope::TokensRead) {
            assert_eq!(caller.require_scope(*scope).unwrap_err().code(), Code::ScopeMissing);
        }
        assert!(caller.may_use_provider("github").is_ok());
        assert!(caller.may_use_provider("slack").is_err());
        assert!(caller.may_use_project("al-chat").is_ok());
        assert!(caller.may_use_project("default").is_err());
    }

    #[test]
    fn a_key_is_never_a_person_nor_an_administrator() {
        let caller = key(Scope::ALL, Reach::ALL, None);
        assert!(caller.require_person().is_err());
        assert!(caller.require_admin().is_err());
    }
}
