//! What the links in our mails stand for: found by the hash of the link's token, good once and for a short time.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Store, Table, Written,
    audit::Detailed,
    expression::{Change, Condition, Value},
    key::{self, Key},
    members::key_of,
    put_new, read,
    users::{SELF, User, row},
};
use crate::{
    id::{InvitationId, OrgId, UserId},
    secret::Secret,
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Proving an e-mail address.
    Verify,
    /// Setting a new password.
    Reset,
    /// Accepting an invitation.
    Invitation,
}

/// What is kept of a link.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// What it is for.
    pub purpose: Purpose,
    /// Whose it is; an invitation's is whoever has the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The address that it was sent to.
    pub email: String,
    /// The user's count of endings when it was made: a reset makes earlier ones void.
    #[serde(default)]
    pub sessions: i64,
    /// The invitation's organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// The invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationId>,
    /// Until when it is good, seconds since 1970. DynamoDB removes it some time after.
    pub expires: i64,
    /// When it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<i64>,
}

impl Store {
    /// Keeps a ticket under the hash of its token.
    pub async fn keep_ticket(&self, hash: &str, ticket: &Ticket) -> Result<(), Error> {
        let item = row(&ticket_key(hash), SELF, ticket)?;
        let put = self.client().put_item().table_name(self.table(Table::Users)).set_item(Some(item));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok(()),
            Written::No(_) => Err(Error::Failed("two tickets drew the same token".to_owned())),
        }
    }

    /// A ticket that is still good.
    pub async fn ticket(&self, hash: &str) -> Result<Option<Ticket>, Error> {
        let found: Option<Ticket> = self.row(&ticket_key(hash), true).await?.map(read).transpose()?;
        let now = self.clock().epoch();
        Ok(found.filter(|ticket| ticket.used_at.is_none() && ticket.expires > now))
    }

    /// Sets a new password and ends all sessions, for a ticket that is used up by it. False where it is good no more. Where
    /// it was done (`from`) is a usual address from then on: nobody else's guesses keep the owner out who proved to be it.
    /// The trail tells of it.
    pub async fn reset_password(
        &self,
        hash: &str,
        ticket: &Ticket,
        user: &User,
        password: &Secret<String>,
        from: &str,
        entry: &Detailed<'_>,
    ) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let same = match ticket.sessions {
            0 => Condition::Any(vec![Condition::Absent("sessions"), Condition::Is("sessions", 0.into())]),
            count => Condition::Is("sessions", count.into()),
        };
        let same = Condition::All(vec![same, Condition::Is("email", ticket.email.as_str().into())]);
        // Who could read the mail has the address. Whoever made the account without having it keeps nothing of it.
        let (usual, ring) = if user.is_verified { (user.usual_with(from), 0) } else { (vec![from], 1) };
        let change = Change::new()
            .set("password", password.expose().as_str())
            .set("is_verified", Value::Flag(true))
            .set("usual", Value::List(usual.into_iter().map(Value::from).collect()))
            .add("sessions", 1)
            .add("keyring", ring);
        let key = key_of(&user.id);
        let change = self.change_in(Table::Users, &key, same, change, &attempt)?;
        self.transact(vec![self.used(hash, &attempt)?, change, self.audited(entry)?], &attempt).await
    }

    /// Notes that the user's address was proven, for a ticket that is used up by it. False where it is good no more. The
    /// trail tells of it.
    pub async fn verify_email(
        &self,
        hash: &str,
        ticket: &Ticket,
        user: &UserId,
        entry: &Detailed<'_>,
    ) -> Result<bool, Error> {
        let attempt = Attempt::new();
        let same = Condition::Is("email", ticket.email.as_str().into());
        let change = Change::new().set("is_verified", Value::Flag(true));
        let change = self.change_in(Table::Users, &key_of(user), same, change, &attempt)?;
        self.transact(vec![self.used(hash, &attempt)?, change, self.audited(entry)?], &attempt).await
    }

    fn used(&self, hash: &str, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        let now = self.clock().epoch();
        let good = Condition::All(vec![Condition::Absent("used_at"), Condition::More("expires", now)]);
        let key = Key::new(&ticket_key(hash), SELF);
        self.change_in(Table::Users, &key, good, Change::new().set("used_at", now), attempt)
    }
}

fn ticket_key(hash: &str) -> String {
    key::join(&["TICKET", hash])
}
