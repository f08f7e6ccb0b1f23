//! Organisations: a name, what it allows, and how many are in it.
//!
//! The counts stand in the organisation's own row, so that every change of members meets there, and of two administrators
//! who leave at once one comes second. Who the members are is in [`super::members`].

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Store, Table,
    audit::Detailed,
    expression::{Change, Condition, Value, Write},
    key::{self, Key},
    read,
    users::{SELF, row},
    write::ATTEMPT,
};
use crate::{auth::Role, id::OrgId};

const ADMINS: &str = "admins";
const MEMBERS: &str = "members";
const CLOSED_AT: &str = "closed_at";

/// An organisation (D3's team).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// What people call it.
    pub name: String,
    /// D3's plan; without effect here.
    pub plan: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Administrators in it.
    #[serde(default)]
    pub admins: i64,
    /// Members of any role; managed users are none.
    #[serde(default)]
    pub members: i64,
    /// Origins that a connect link may lead back to, beside our own and the front end's.
    #[serde(default)]
    pub return_origins: Vec<String>,
    /// When its last member went elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

impl Store {
    /// An organisation, as it is at this moment.
    pub async fn organisation(&self, id: &OrgId) -> Result<Option<Organisation>, Error> {
        self.row(&org_key(id), true).await?.map(read).transpose()
    }

    /// Gives it another name, or other origins to lead back to, and writes down who did; nothing where there is no such
    /// organisation.
    pub async fn change_organisation(
        &self,
        id: &OrgId,
        name: Option<&str>,
        return_origins: Option<&[String]>,
        entry: &Detailed<'_>,
    ) -> Result<Option<Organisation>, Error> {
        let mut change = Change::new();
        if let Some(name) = name {
            change = change.set("name", name);
        }
        if let Some(origins) = return_origins {
            change = change.set("return_origins", origins);
        }
        let attempt = Attempt::new();
        let changed = self.change_row(id, Condition::Present("pk"), change, &attempt)?;
        if self.transact(vec![changed, self.audited(entry)?], &attempt).await? {
            self.organisation(id).await
        } else {
            Ok(None)
        }
    }

    /// A new organisation with one member, who is its administrator: as a step of a transaction.
    pub(super) fn new_organisation(&self, id: &OrgId, of: &str, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        let new = Organisation {
            id: id.clone(),
            name: format!("{of}'s team"),
            plan: "free".to_owned(),
            created_at: self.clock().now(),
            admins: 1,
            members: 1,
            return_origins: Vec::new(),
            closed_at: None,
        };
        self.put_in(Table::Users, row(&org_key(id), SELF, &new)?, attempt)
    }

    /// Somebody comes, unless it is full (`most`, 0 for no limit) or closed.
    pub(super) fn one_more(
        &self,
        id: &OrgId,
        role: Role,
        most: i64,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        let open = Condition::Present("pk").and(Condition::Absent(CLOSED_AT));
        let room = if most > 0 { Condition::Less(MEMBERS, most) } else { Condition::ALWAYS };
        let change = Change::new().add(MEMBERS, 1).add(ADMINS, i64::from(role == Role::Admin));
        self.change_row(id, Condition::All(vec![open, room]), change, attempt)
    }

    /// Somebody goes, unless that is the last administrator.
    pub(super) fn one_less(&self, id: &OrgId, role: Role, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        let administrator = i64::from(role == Role::Admin);
        let left = if role == Role::Admin { Condition::More(ADMINS, 1) } else { Condition::Present("pk") };
        self.change_row(id, left, Change::new().add(MEMBERS, -1).add(ADMINS, -administrator), attempt)
    }

    /// The only member goes: nobody can come any more.
    pub(super) fn close(&self, id: &OrgId, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        let now = self.clock().now().to_string();
        let change = Change::new().set(MEMBERS, 0).set(ADMINS, 0).set(CLOSED_AT, now);
        self.change_row(id, Condition::Is(MEMBERS, Value::Number(1)), change, attempt)
    }

    /// A member's role changes, unless that takes the last administrator away.
    pub(super) fn another_role(
        &self,
        id: &OrgId,
        from: Role,
        to: Role,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        let (condition, by) = match (from, to) {
            (Role::Admin, Role::Admin) => (Condition::Present("pk"), 0),
            (Role::Admin, _) => (Condition::More(ADMINS, 1), -1),
            (_, to) => (Condition::Present("pk"), i64::from(to == Role::Admin)),
        };
        self.change_row(id, condition, Change::new().add(ADMINS, by), attempt)
    }

    fn change_row(
        &self,
        id: &OrgId,
        condition: Condition,
        change: Change,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        self.change_in(Table::Users, &Key::new(&org_key(id), SELF), condition, change, attempt)
    }

    /// Changes a row that carries the mark of the attempt, as a step of a transaction.
    pub(super) fn change_in(
        &self,
        table: Table,
        key: &Key,
        condition: Condition,
        change: Change,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        let write = Write::new(condition, change.set(ATTEMPT, attempt.as_str()));
        let update = write.in_transaction(self.table(table), key)?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}

pub(super) fn org_key(id: &OrgId) -> String {
    key::join(&["ORG", id.as_str()])
}
