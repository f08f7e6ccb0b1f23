//! Invitations into an organisation: for one e-mail address, once, for seven days.
//!
//! The row is what counts; the link in the mail only leads to it (see [`super::tickets`]).

use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Store, Table,
    audit::Detailed,
    errands::Errand,
    expression::{Change, Condition},
    key::{self, Key},
    organisations::org_key,
    read, text,
    users::row,
};
use crate::{
    auth::Role,
    id::{InvitationId, OrgId, UserId},
};

/// How long an invitation holds, seconds.
pub const LIFE: i64 = 7 * 86_400;
/// So many are read at once. A hundred a day may be sent, and used ones stay for a week.
const PAGE: i32 = 200;

/// An invitation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Into which organisation.
    pub org: OrgId,
    /// Who may accept it: whoever has this address. Normalised.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who invited.
    pub invited_by: UserId,
    /// On which of the inviter's key rings it is: it ends when that changes, as their service keys do.
    #[serde(default)]
    pub keyring: i64,
    /// When.
    pub created_at: Timestamp,
    /// Until when it holds, seconds since 1970. DynamoDB removes it some time after.
    pub expires: i64,
    /// Who accepted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_by: Option<UserId>,
}

/// Some of a list, and where the next page starts.
pub struct InvitationPage {
    /// In the order of their ids.
    pub invitations: Vec<Invitation>,
    /// The last one's id, if there may be more.
    pub next: Option<InvitationId>,
}

impl Invitation {
    /// Whether it can still be accepted.
    pub fn is_open(&self, now: i64) -> bool {
        self.used_by.is_none() && self.expires > now
    }
}

impl Store {
    /// Keeps an invitation, has its mail written, and writes down who invited.
    pub async fn invite(&self, new: &Invitation, letter: &Errand, entry: &Detailed<'_>) -> Result<(), Error> {
        let attempt = Attempt::new();
        let Key { pk, sk } = key_of(&new.org, &new.id);
        let steps = vec![
            self.put_in(Table::Users, row(&pk, &sk, new)?, &attempt)?,
            self.errand_in(letter, &attempt)?,
            self.audited(entry)?,
        ];
        if self.transact(steps, &attempt).await? {
            Ok(())
        } else {
            Err(Error::Failed("two invitations drew the same id".to_owned()))
        }
    }

    /// An invitation, used or not.
    pub async fn invitation(&self, org: &OrgId, id: &InvitationId) -> Result<Option<Invitation>, Error> {
        let Key { pk, sk } = key_of(org, id);
        let get = self.client().get_item().table_name(self.table(Table::Users));
        let output = get.key("pk", text(pk)).key("sk", text(sk)).consistent_read(true).send().await?;
        output.item.map(read).transpose()
    }

    /// Of `limit` of the organisation's invitations, after the one given, those that can still be accepted.
    pub async fn open_invitations(
        &self,
        org: &OrgId,
        after: Option<&InvitationId>,
        limit: i32,
    ) -> Result<InvitationPage, Error> {
        let start = after.map(|id| key_of(org, id).item());
        let (items, more) = self.of_org(&org_key(org), "INVITE#", start, limit).await?;
        let mut invitations: Vec<Invitation> = items.into_iter().map(read).collect::<Result<_, _>>()?;
        let next = invitations.last().filter(|_| more).map(|last| last.id.clone());
        let now = self.clock().epoch();
        invitations.retain(|invitation| invitation.is_open(now));
        Ok(InvitationPage { invitations, next })
    }

    /// Whether the organisation has invited this address, and it may still come.
    pub async fn is_invited(&self, org: &OrgId, email: &str) -> Result<bool, Error> {
        let mut after = None;
        loop {
            let page = self.open_invitations(org, after.as_ref(), PAGE).await?;
            if page.invitations.iter().any(|open| open.email == email) {
                return Ok(true);
            }
            after = page.next;
            if after.is_none() {
                return Ok(false);
            }
        }
    }

    /// Takes an invitation back, and writes down who did. Taking it back twice changes nothing.
    pub async fn take_invitation_back(
        &self,
        org: &OrgId,
        id: &InvitationId,
        entry: &Detailed<'_>,
    ) -> Result<(), Error> {
        let steps = vec![self.delete_in(Table::Users, &key_of(org, id))?, self.audited(entry)?];
        // It was there a moment ago: a refusal means that somebody else has taken it back, with an entry of theirs.
        self.transact(steps, &Attempt::new()).await.map(|_| ())
    }

    /// Accepts it, as a step of a transaction: refused where it was accepted, taken back or is too old.
    pub(super) fn use_up(
        &self,
        invitation: &Invitation,
        by: &UserId,
        attempt: &Attempt,
    ) -> Result<TransactWriteItem, Error> {
        let open = Condition::All(vec![
            Condition::Is("email", invitation.email.as_str().into()),
            Condition::Absent("used_by"),
            Condition::More("expires", self.clock().epoch()),
        ]);
        let change = Change::new().set("used_by", by.as_str());
        self.change_in(Table::Users, &key_of(&invitation.org, &invitation.id), open, change, attempt)
    }
}

fn key_of(org: &OrgId, id: &InvitationId) -> Key {
    Key::new(&org_key(org), &key::join(&["INVITE", id.as_str()]))
}
