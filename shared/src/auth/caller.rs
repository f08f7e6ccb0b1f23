//! Who is calling, and what they may do. Handlers ask a [`Caller`] and nothing else.
//!
//! Made only by the extractors of this module's neighbour, [`super::extract`].

use std::sync::Arc;

use super::{Owner, Reach, Right, Role, Scope, Tenant, colleague, credential::unauthenticated};
use crate::{
    app::App,
    http::{Code, Error},
    id::{FamilyId, OrgId, UserId},
    oauth::label,
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
    /// How the tenant's user is called.
    name: Option<String>,
}

/// What sort of caller it is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Somebody who signed in.
    Person {
        /// By which sign-in.
        family: FamilyId,
        /// Their key ring: what they make for others to use is on it.
        keyring: i64,
    },
    /// A back end.
    Key(Arc<ServiceKey>),
}

impl Caller {
    pub(super) fn person(user: &User, family: FamilyId) -> Self {
        let tenant = Tenant::authenticated(user.org.clone(), Owner::User(user.id.clone()));
        let name = Some(user.called().to_owned());
        let kind = Kind::Person { family, keyring: user.keyring };
        Self(Arc::new(Inside { tenant, role: user.role, kind, name }))
    }

    /// A key of the organisation; or the same, acting for one user.
    pub(super) fn key(key: Arc<ServiceKey>, user: Option<&User>) -> Self {
        let owner = user.map_or(Owner::Organisation, |user| Owner::User(user.id.clone()));
        let tenant = Tenant::authenticated(key.org.clone(), owner);
        let name = user.map(|user| user.called().to_owned());
        Self(Arc::new(Inside { tenant, role: Role::Member, kind: Kind::Key(key), name }))
    }

    /// Whose data this request is about.
    pub fn tenant(&self) -> &Tenant {
        &self.0.tenant
    }

    /// The key ring of the person, or the one that the key is on.
    pub fn keyring(&self) -> i64 {
        match &self.0.kind {
            Kind::Person { keyring, .. } => *keyring,
            Kind::Key(key) => key.keyring,
        }
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

    /// How that user is called: a name, an e-mail address, or an app's own id.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
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
            Kind::Person { .. } => self.require(Right::Own(scope)),
            Kind::Key(_) => Ok(()),
        }
    }

    /// Whether the caller has the right: a person by the role, a key by its scopes.
    pub fn may(&self, right: Right) -> bool {
        match (&self.0.kind, right) {
            (Kind::Person { .. }, right) => self.0.role.may(right),
            (Kind::Key(key), Right::Own(scope)) => key.scopes.contains(&scope),
            (Kind::Key(_), _) => false,
        }
    }

    /// Refuses whoever lacks the right.
    pub fn require(&self, right: Right) -> Result<(), Error> {
        if self.may(right) { Ok(()) } else { Err(forbidden()) }
    }

    /// Refuses everyone but an organisation's administrators.
    pub fn require_admin(&self) -> Result<(), Error> {
        self.require(Right::OthersThings)
    }

    /// Refuses service keys; gives the person's id.
    pub fn require_person(&self) -> Result<&UserId, Error> {
        match (&self.0.kind, self.0.tenant.owner()) {
            (Kind::Person { .. }, Owner::User(id)) => Ok(id),
            _ => Err(Error::new(Code::Forbidden, "This takes a person who is signed in, not a service key")),
        }
    }

    /// Refuses people: what only an app's back end can vouch for.
    pub fn require_key(&self) -> Result<(), Error> {
        match self.0.kind {
            Kind::Key(_) => Ok(()),
            Kind::Person { .. } => Err(Error::new(Code::Forbidden, "This takes a service key, not a person")),
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

    /// Which of several integrations of one provider is meant. A key that is limited to a project means that one where
    /// nothing is said, and no other: a project is a label.
    pub fn label<'a>(&'a self, asked: Option<&'a str>) -> Result<&'a str, Error> {
        let label = label::checked(asked.or(self.project()))?;
        match self.project() {
            Some(own) if own != label => Err(Error::new(Code::Forbidden, "This service key may not use this project")),
            _ => Ok(label),
        }
    }

    /// Whether an integration of this provider and label is within what a key is limited to.
    pub fn may_see(&self, provider: &str, label: &str) -> bool {
        self.may_use_provider(provider).is_ok() && self.project().is_none_or(|own| own == label)
    }

    /// The project that a key is limited to.
    pub fn project(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Key(key) => key.project.as_deref(),
            Kind::Person { .. } => None,
        }
    }

    /// What belongs to the organisation as a whole: for its administrators, and for keys that are not limited to users.
    pub fn of_organisation(&self) -> Result<Tenant, Error> {
        match &self.0.kind {
            Kind::Person { .. } => self.require_admin()?,
            Kind::Key(key) if matches!(key.users, Reach::All(_)) => {}
            Kind::Key(_) => {
                return Err(Error::new(Code::Forbidden, "This service key is limited to users of the organisation"));
            }
        }
        Ok(Tenant::authenticated(self.org().clone(), Owner::Organisation))
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
                let user = colleague::of(app, self.org(), named, false).await?.ok_or_else(forbidden)?;
                Ok(Tenant::authenticated(user.org, Owner::User(user.id)))
            }
        }
    }

    /// Whether the caller may see and change this managed user: a key only whom it is limited to.
    pub fn may_manage(&self, user: &UserId) -> bool {
        match &self.0.kind {
            Kind::Key(key) => key.users.holds(user),
            Kind::Person { .. } => true,
        }
    }

    /// Refuses a key that is limited to certain users, where more than those are meant.
    pub fn require_all_users(&self) -> Result<(), Error> {
        match &self.0.kind {
            Kind::Key(key) if key.users != Reach::ALL => {
                Err(Error::new(Code::Forbidden, "This service key is limited to certain users"))
            }
            _ => Ok(()),
        }
    }

    /// The same key, acting for one user of its organisation, named by id, by e-mail address, or by `ext:` and the
    /// app's own id.
    pub async fn on_behalf_of(&self, app: &App, named: &str) -> Result<Self, Error> {
        self.acting_for(app, named, false).await
    }

    /// The same by what the tables hold at this moment: for whoever is about to be shown a secret.
    pub async fn surely_on_behalf_of(&self, app: &App, named: &str) -> Result<Self, Error> {
        self.acting_for(app, named, true).await
    }

    pub(super) async fn acting_for(&self, app: &App, named: &str, sure: bool) -> Result<Self, Error> {
        let Kind::Key(key) = &self.0.kind else {
            return Err(Error::new(Code::Forbidden, "Only a service key acts on behalf of somebody"));
        };
        let user = colleague::of(app, &key.org, named, sure).await?;
        // A key of one user acts for that one by itself; to name the same one takes no right.
        if user.as_ref().is_none_or(|user| key.users.only_one() != Some(&user.id)) {
            self.require_scope(Scope::UsersAct)?;
        }
        if let Some(user) = user.filter(|user| user.is_active && key.users.holds(&user.id)) {
            return Ok(Self::key(key.clone(), Some(&user)));
        }
        let sentence = "There is no such user in the organisation, or this service key may not act for them";
        Err(Error::new(Code::Forbidden, sentence))
    }

    /// A key without a user named: for the one user that it is limited to, or, where it is limited to none, for its
    /// organisation. One of several users is nobody yet, see [`Self::said`].
    pub(super) async fn of_key(app: &App, key: Arc<ServiceKey>, sure: bool) -> Result<Self, Error> {
        let Some(id) = key.users.only_one() else { return Ok(Self::key(key, None)) };
        let user = app.store.user(id, sure).await?.filter(|user| user.is_active && user.org == key.org);
        match user {
            Some(user) => Ok(Self::key(key, Some(&user))),
            None => Err(unauthenticated("The user of this service key is not there any more")),
        }
    }

    /// The caller, where it is said for whom: a key of several users acts for nobody before one of them is named, and must
    /// not pass for its organisation.
    pub(super) fn said(self) -> Result<Self, Error> {
        match (&self.0.kind, self.0.tenant.owner()) {
            (Kind::Key(key), Owner::Organisation) if key.users != Reach::ALL => {
                let sentence = "This service key acts for several users: say for which, by X-On-Behalf-Of";
                Err(Error::new(Code::Forbidden, sentence))
            }
            _ => Ok(self),
        }
    }
}

/// The refusal that old clients know by this word.
fn forbidden() -> Error {
    Error::new(Code::Forbidden, "Forbidden")
}

#[cfg(test)]
mod tests;
