//! Managed users: made by an organisation's back end under the app's own id, without a password.
//!
//! Three rows a user, written together: the user, the claim on the app's id, and an entry in the organisation's list. The
//! e-mail address of a managed user is a note of the app's, and nobody's claim.

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Store, Table,
    audit::Detailed,
    errands::Errand,
    expression::{Change, Condition},
    key::{self, Key},
    members::key_of,
    read,
    users::{Claim, SELF, User, row, user_key},
};
use crate::{
    auth::Role,
    id::{OrgId, UserId},
};

/// A managed user, as listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Managed {
    /// Our id.
    pub id: UserId,
    /// The organisation.
    pub org: OrgId,
    /// The app's id.
    pub external_id: String,
    /// The app's note of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The name shown; the app's id where it told none.
    pub full_name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Some of a list, and where the next page starts.
pub struct ManagedPage {
    /// In the order of their ids.
    pub users: Vec<Managed>,
    /// The last one's id, if there may be more.
    pub next: Option<UserId>,
}

#[derive(Serialize)]
struct UserRow<'a> {
    #[serde(flatten)]
    managed: &'a Managed,
    role: Role,
    is_active: bool,
    is_verified: bool,
}

impl Managed {
    /// A user's row, if it is a managed one's.
    pub fn of(user: User) -> Option<Self> {
        Some(Self {
            external_id: user.external_id?,
            id: user.id,
            org: user.org,
            email: user.email,
            full_name: user.full_name,
            created_at: user.created_at,
        })
    }
}

impl Store {
    /// The organisation's user of this app's id.
    pub async fn user_by_external_id(&self, org: &OrgId, external_id: &str) -> Result<Option<User>, Error> {
        let claim: Option<Claim> = self.row(&claim_key(org, external_id), true).await?.map(read).transpose()?;
        match claim {
            Some(claim) => Ok(self.user(&claim.user, true).await?.filter(|user| user.org == *org)),
            None => Ok(None),
        }
    }

    /// Keeps a new managed user, and writes down who made it; a migration writes of all that it took over at once. False
    /// where the organisation has one of this app's id.
    pub async fn add_managed(&self, new: &Managed, entry: Option<&Detailed<'_>>) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let user = UserRow { managed: new, role: Role::Member, is_active: true, is_verified: false };
        let claim = Claim { user: new.id.clone() };
        let Key { pk, sk } = entry_key(&new.org, &new.id);
        let mut steps = vec![
            self.put_in(Table::Users, row(&claim_key(&new.org, &new.external_id), SELF, &claim)?, &attempt)?,
            self.put_in(Table::Users, row(&user_key(&new.id), SELF, &user)?, &attempt)?,
            self.put_in(Table::Users, row(&pk, &sk, new)?, &attempt)?,
        ];
        steps.extend(entry.map(|entry| self.audited(entry)).transpose()?);
        self.transact(steps, &attempt).await
    }

    /// Gives a managed user another name or address, and writes down who did. False where it is gone.
    pub async fn change_managed(&self, to: &Managed, entry: &Detailed<'_>) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let step = |key: &Key| -> Result<TransactWriteItem, Error> {
            let change = Change::new().set("full_name", to.full_name.as_str()).put("email", to.email.as_deref());
            self.change_in(Table::Users, key, Condition::Present("pk"), change, &attempt)
        };
        let steps = vec![step(&key_of(&to.id))?, step(&entry_key(&to.org, &to.id))?, self.audited(entry)?];
        self.transact(steps, &attempt).await
    }

    /// The organisation's managed users, at most `limit`, after the one given.
    pub async fn managed(&self, org: &OrgId, after: Option<&UserId>, limit: i32) -> Result<ManagedPage, Error> {
        let start = after.map(|id| entry_key(org, id).item());
        let (items, more) = self.of_org(&list_key(org), "USER#", start, limit).await?;
        let users: Vec<Managed> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let next = users.last().filter(|_| more).map(|user| user.id.clone());
        Ok(ManagedPage { users, next })
    }

    /// Deletes a managed user, has their connections ended, and writes down who did. Deleting twice is deleting once.
    pub async fn delete_managed(&self, gone: &Managed, clear_out: &Errand, entry: &Detailed<'_>) -> Result<(), Error> {
        let attempt = Attempt::new();
        let steps = vec![
            self.delete_in(Table::Users, &Key::new(&claim_key(&gone.org, &gone.external_id), SELF))?,
            self.delete_in(Table::Users, &key_of(&gone.id))?,
            self.delete_in(Table::Users, &entry_key(&gone.org, &gone.id))?,
            self.errand_in(clear_out, &attempt)?,
            self.audited(entry)?,
        ];
        // They were there a moment ago. A refusal now means that somebody else has deleted them, with an errand of theirs.
        self.transact(steps, &attempt).await.map(|_| ())
    }
}

fn claim_key(org: &OrgId, external_id: &str) -> String {
    key::join(&["EXT", org.as_str(), external_id])
}

fn list_key(org: &OrgId) -> String {
    key::join(&["MANAGED", org.as_str()])
}

fn entry_key(org: &OrgId, user: &UserId) -> Key {
    Key::new(&list_key(org), &key::join(&["USER", user.as_str()]))
}
