//! Session families: one sign-in and all that was refreshed from it. Tokens stand here as hashes only.
//!
//! The rules of rotation are in [`crate::auth::family`]; this file writes what they decide.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Attempt, Error, Store, Table, Written, key, number, put_new, read, text, update, users};
use crate::id::{FamilyId, OrgId, UserId};

/// One sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    /// Its id; also the access tokens' `sid`.
    pub id: FamilyId,
    /// Who signed in.
    pub user: UserId,
    /// In which organisation.
    pub org: OrgId,
    /// When.
    pub started_at: Timestamp,
    /// When it ends whatever happens, epoch seconds. DynamoDB removes it some time after.
    pub expires: i64,
    /// How often it was refreshed.
    pub generation: u64,
    /// The hash of the refresh token that is good now; none for a page's session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// The hash of the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// When the current one took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_at: Option<Timestamp>,
    /// The hash of the session cookie's secret, where a page of ours signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
    /// When it was ended: by a sign-out, or because a used token came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// The user's count of endings when it was started: it lives while that stays the same.
    #[serde(default)]
    pub sessions: i64,
}

impl Family {
    /// Whether it is good at that moment.
    pub fn lives(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now.as_second() < self.expires
    }
}

impl Store {
    /// Starts a family.
    pub async fn start_family(&self, family: &Family) -> Result<(), Error> {
        let item = users::row(&family_key(&family.id), users::SELF, family)?;
        let put = self.client().put_item().table_name(self.table(Table::Users)).set_item(Some(item));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok(()),
            Written::No(_) => Err(Error::Failed("two session families drew the same id".to_owned())),
        }
    }

    /// A family by id. `sure` reads what was written last.
    pub async fn family(&self, id: &FamilyId, sure: bool) -> Result<Option<Family>, Error> {
        self.row(&family_key(id), sure).await?.map(read).transpose()
    }

    /// Puts `successor` in the place of the current token, if the family is still as it was `seen`; otherwise tells how
    /// it is now.
    pub async fn rotate_family(&self, seen: &Family, successor: &str) -> Result<Result<(), Option<Family>>, Error> {
        let now = self.clock().now();
        let write = self
            .client()
            .update_item()
            .table_name(self.table(Table::Users))
            .key("pk", text(family_key(&seen.id)))
            .key("sk", text(users::SELF))
            .update_expression(
                "SET #current = :successor, previous = :current, rotated_at = :now, generation = :next, \
                 attempt = :attempt",
            )
            .condition_expression(
                "#current = :current AND generation = :seen AND attribute_not_exists(revoked_at) AND expires > :epoch",
            )
            .expression_attribute_names("#current", "current")
            .expression_attribute_values(":successor", text(successor))
            .expression_attribute_values(":current", text(seen.current.clone().unwrap_or_default()))
            .expression_attribute_values(":now", text(now.to_string()))
            .expression_attribute_values(":epoch", number(now.as_second()))
            .expression_attribute_values(":seen", number(seen.generation))
            .expression_attribute_values(":next", number(seen.generation + 1));
        match update(write, &Attempt::new()).await? {
            Written::Yes(_) => Ok(Ok(())),
            Written::No(found) => Ok(Err(found.map(read).transpose()?)),
        }
    }

    /// Ends a family. True for whoever ended it first.
    pub async fn end_family(&self, id: &FamilyId) -> Result<bool, Error> {
        let write = self
            .client()
            .update_item()
            .table_name(self.table(Table::Users))
            .key("pk", text(family_key(id)))
            .key("sk", text(users::SELF))
            .update_expression("SET revoked_at = :now, attempt = :attempt")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(revoked_at)")
            .expression_attribute_values(":now", text(self.clock().now().to_string()));
        Ok(matches!(update(write, &Attempt::new()).await?, Written::Yes(_)))
    }
}

fn family_key(id: &FamilyId) -> String {
    key::join(&["FAM", id.as_str()])
}
