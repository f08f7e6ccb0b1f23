//! Users and organisations that an older system brings along. They keep the ids they had, and have no password: whoever
//! wants to sign in sets one by the reset of passwords, and a back end acts for the others.
//!
//! Everything here may be done twice and is there once.

use serde::Serialize;

use super::{
    Attempt, Error, Store, Table, Written,
    managed::Managed,
    organisations::{Organisation, org_key},
    put_new,
    users::{Claim, SELF, email_key, row, user_key},
};
use crate::{
    auth::Role,
    id::{OrgId, UserId},
};

/// A user about to be taken over.
pub struct ImportedUser<'a> {
    /// The id it keeps, or one derived from what it was known by.
    pub id: &'a UserId,
    /// Where it goes.
    pub org: &'a OrgId,
    /// Normalised; it can sign in by it once it has set a password.
    pub email: Option<&'a str>,
    /// What it is in the organisation, where it signs in; a managed user is a member.
    pub role: Role,
    /// The name shown.
    pub full_name: &'a str,
    /// What its app knows it by, for a managed user.
    pub external_id: Option<&'a str>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was made now.
    Made,
    /// It was there.
    There,
    /// Somebody else has this e-mail address or this external id.
    Claimed,
}

#[derive(Serialize)]
struct UserRow<'a> {
    id: &'a UserId,
    org: &'a OrgId,
    role: Role,
    email: &'a str,
    full_name: &'a str,
    is_active: bool,
    is_verified: bool,
    created_at: jiff::Timestamp,
}

impl Store {
    /// Makes a user without a password, with its claims and its place in the organisation, in one step: a managed user
    /// where its app's id is told, else one who can sign in by the e-mail address.
    pub async fn import_user(&self, new: &ImportedUser<'_>) -> Result<Taken, Error> {
        let made = match (new.external_id, new.email) {
            (Some(external_id), _) => self.add_managed(&managed(new, external_id, self.clock().now()), None).await?,
            (None, Some(email)) => self.import_member(new, email).await?,
            (None, None) => return Err(Error::Failed("a user with neither an address nor an app's id".to_owned())),
        };
        if made {
            return Ok(Taken::Made);
        }
        // There already, made by another at the same moment, or somebody else's claim.
        Ok(if self.user(new.id, true).await?.is_some() { Taken::There } else { Taken::Claimed })
    }

    async fn import_member(&self, new: &ImportedUser<'_>, email: &str) -> Result<bool, Error> {
        let (attempt, role) = (Attempt::new(), new.role);
        let user = UserRow {
            id: new.id,
            org: new.org,
            role,
            email,
            full_name: new.full_name,
            is_active: true,
            is_verified: false,
            created_at: self.clock().now(),
        };
        let claim = Claim { user: new.id.clone() };
        let steps = vec![
            self.put_in(Table::Users, row(&email_key(email), SELF, &claim)?, &attempt)?,
            self.put_in(Table::Users, row(&user_key(new.id), SELF, &user)?, &attempt)?,
            self.new_member(new.org, new.id, role, &attempt)?,
            self.one_more(new.org, role, 0, &attempt)?,
        ];
        self.transact(steps, &attempt).await
    }

    /// Makes an organisation without members, unless it is there. Whether it was made now.
    pub async fn import_organisation(&self, id: &OrgId, name: &str) -> Result<bool, Error> {
        let new = Organisation {
            id: id.clone(),
            name: name.to_owned(),
            plan: "free".to_owned(),
            created_at: self.clock().now(),
            admins: 0,
            members: 0,
            return_origins: Vec::new(),
            closed_at: None,
        };
        let item = row(&org_key(id), SELF, &new)?;
        let put = self.client().put_item().table_name(self.table(Table::Users)).set_item(Some(item));
        Ok(matches!(put_new(put, &Attempt::new()).await?, Written::Yes(_)))
    }
}

fn managed(new: &ImportedUser<'_>, external_id: &str, created_at: jiff::Timestamp) -> Managed {
    Managed {
        id: new.id.clone(),
        org: new.org.clone(),
        external_id: external_id.to_owned(),
        email: new.email.map(str::to_owned),
        full_name: new.full_name.to_owned(),
        created_at,
    }
}
