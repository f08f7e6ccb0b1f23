//! Who belongs to which organisation, and as what. A user belongs to one at a time.
//!
//! Each change is one transaction over the user's row, the member's row and the organisation's counts: all of it happens,
//! or nothing does.

use aws_sdk_dynamodb::types::{Delete, TransactWriteItem};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Item, Store, Table,
    audit::Detailed,
    errands::Errand,
    expression::{Change, Condition, Value},
    invitations::Invitation,
    key::{self, Key},
    organisations::org_key,
    read, text,
    users::{SELF, User, row, user_key},
};
use crate::{
    auth::Role,
    id::{OrgId, UserId},
};

/// Somebody's membership.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// Some of a list, and where the next page starts.
pub struct MemberPage {
    /// In the order of their ids.
    pub members: Vec<Member>,
    /// The last one's id, if there may be more.
    pub next: Option<UserId>,
}

/// What a user leaves behind when joining another organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// Others, who go on without them.
    Others,
    /// Nobody: the organisation is closed.
    Nobody,
}

impl Store {
    /// The organisation's members, at most `limit`, after the one given.
    pub async fn members(&self, org: &OrgId, after: Option<&UserId>, limit: i32) -> Result<MemberPage, Error> {
        let start = after.map(|id| member_key(org, id).item());
        let (items, more) = self.of_org(&org_key(org), "MEMBER#", start, limit).await?;
        let members: Vec<Member> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let next = members.last().filter(|_| more).map(|member| member.user.clone());
        Ok(MemberPage { members, next })
    }

    /// Somebody's membership, as it was written last.
    pub async fn member(&self, org: &OrgId, user: &UserId) -> Result<Option<Member>, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Users)).consistent_read(true);
        get.set_key(Some(member_key(org, user).item())).send().await?.item.map(read).transpose()
    }

    /// One page of a partition of the table of users, and whether there may be more.
    pub(super) async fn of_org(
        &self,
        pk: &str,
        prefix: &str,
        start: Option<Item>,
        limit: i32,
    ) -> Result<(Vec<Item>, bool), Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Users))
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":prefix", text(prefix))
            .set_exclusive_start_key(start)
            .limit(limit)
            .consistent_read(true);
        let output = query.send().await?;
        let more = output.last_evaluated_key.is_some();
        Ok((output.items.unwrap_or_default(), more))
    }

    /// Gives a member another role, and writes down who did. False where the member is not what was seen any more, or the
    /// organisation would be left without an administrator.
    pub async fn change_role(&self, seen: &User, to: Role, entry: &Detailed<'_>) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let steps = vec![
            self.change_in(
                Table::Users,
                &key_of(&seen.id),
                is_still(seen),
                Change::new().set("role", to.as_str()),
                &attempt,
            )?,
            self.change_in(
                Table::Users,
                &member_key(&seen.org, &seen.id),
                Condition::Present("pk"),
                Change::new().set("role", to.as_str()),
                &attempt,
            )?,
            self.another_role(&seen.org, seen.role, to, &attempt)?,
            self.audited(entry)?,
        ];
        self.transact(steps, &attempt).await
    }

    /// Says whether a user may come in, and writes down who said so; all sessions end. False where the user is not there, or
    /// is what they shall be.
    pub async fn set_active(&self, user: &User, active: bool, entry: &Detailed<'_>) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let other = Condition::All(vec![
            Condition::Is("org", user.org.as_str().into()),
            Condition::Is("is_active", Value::Flag(!active)),
        ]);
        let change = Change::new().set("is_active", Value::Flag(active)).add("sessions", 1);
        let changed = self.change_in(Table::Users, &key_of(&user.id), other, change, &attempt)?;
        self.transact(vec![changed, self.audited(entry)?], &attempt).await
    }

    /// Takes a user from one organisation into the one that invited them. False where anything is not as it was seen: the
    /// user, the invitation, the numbers of members (`most` may be in the new one). Both organisations' trails tell of it.
    pub async fn join(
        &self,
        seen: &User,
        behind: Behind,
        to: &Invitation,
        most: i64,
        [left, joined]: [&Detailed<'_>; 2],
    ) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let moved = moved(&to.org, to.role).set("is_verified", Value::Flag(true));
        let steps = vec![
            self.change_in(Table::Users, &key_of(&seen.id), is_still(seen), moved, &attempt)?,
            self.member_gone(&seen.org, &seen.id)?,
            match behind {
                Behind::Others => self.one_less(&seen.org, seen.role, &attempt)?,
                Behind::Nobody => self.close(&seen.org, &attempt)?,
            },
            self.new_member(&to.org, &seen.id, to.role, &attempt)?,
            self.one_more(&to.org, to.role, most, &attempt)?,
            self.use_up(to, &seen.id, &attempt)?,
            self.audited(left)?,
            self.audited(joined)?,
        ];
        self.transact(steps, &attempt).await
    }

    /// Sends a user off into a new organisation of their own, has what they had in the old one cleared out, and writes down
    /// who did. False where the user is not as seen any more, or the old one would be left without an administrator.
    pub async fn send_off(
        &self,
        seen: &User,
        home: &OrgId,
        clear_out: &Errand,
        entry: &Detailed<'_>,
    ) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let moved = moved(home, Role::Admin);
        let steps = vec![
            self.change_in(Table::Users, &key_of(&seen.id), is_still(seen), moved, &attempt)?,
            self.member_gone(&seen.org, &seen.id)?,
            self.one_less(&seen.org, seen.role, &attempt)?,
            self.new_member(home, &seen.id, Role::Admin, &attempt)?,
            self.new_organisation(home, &seen.full_name, &attempt)?,
            self.errand_in(clear_out, &attempt)?,
            self.audited(entry)?,
        ];
        self.transact(steps, &attempt).await
    }

    /// A new member's row, as a step of a transaction.
    pub(super) fn new_member(
        &self,
        org: &OrgId,
        user: &UserId,
        role: Role,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        let member = Member { user: user.clone(), role, created_at: self.clock().now() };
        let Key { pk, sk } = member_key(org, user);
        self.put_in(Table::Users, row(&pk, &sk, &member)?, attempt)
    }

    fn member_gone(&self, org: &OrgId, user: &UserId) -> Result<TransactWriteItem, Error> {
        self.delete_in(Table::Users, &member_key(org, user))
    }

    /// Deletes a row that must be there, as a step of a transaction.
    pub(super) fn delete_in(&self, table: Table, key: &Key) -> Result<TransactWriteItem, Error> {
        let delete = Delete::builder()
            .table_name(self.table(table))
            .set_key(Some(key.item()))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(|error| Error::Failed(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }
}

/// Another organisation and role; sessions and service keys of before end, also where the user comes back one day.
fn moved(org: &OrgId, role: Role) -> Change {
    Change::new().set("org", org.as_str()).set("role", role.as_str()).add("sessions", 1).add("keyring", 1)
}

/// The user is where and what was seen, and may be at all.
fn is_still(seen: &User) -> Condition {
    Condition::All(vec![
        Condition::Is("org", seen.org.as_str().into()),
        Condition::Is("role", seen.role.as_str().into()),
        Condition::Is("is_active", Value::Flag(true)),
    ])
}

pub(super) fn key_of(user: &UserId) -> Key {
    Key::new(&user_key(user), SELF)
}

fn member_key(org: &OrgId, user: &UserId) -> Key {
    Key::new(&org_key(org), &key::join(&["MEMBER", user.as_str()]))
}
