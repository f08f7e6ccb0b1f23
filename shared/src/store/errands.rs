//! What is to be done soon after an answer was given: mails to be written, connections to be ended.
//!
//! An errand is put down in the same step as what calls for it, so that none gets lost, and stands among the timers until
//! it is done. It holds nothing secret: what a mail's link holds is drawn when the mail is written.

use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Item, Store, Table,
    key::{self, Key},
    text,
    timers::{SHARDS, moment, partition},
};
use crate::id::{InvitationId, LinkId, OrgId, UserId, random_token};

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A mail to set a new password, if anybody has this address.
    Reset {
        /// Normalised.
        email: String,
    },
    /// A mail to prove the user's address.
    Verify {
        /// Whose.
        user: UserId,
    },
    /// The mail of an invitation.
    Invite {
        /// Into which organisation.
        org: OrgId,
        /// Which.
        invitation: InvitationId,
    },
    /// Ends all that a user who is not there any more had connected.
    ClearOut {
        /// In which organisation.
        org: OrgId,
        /// Whose.
        user: UserId,
    },
    /// Forgets what a connect link brought and nobody confirmed.
    ForgetLink {
        /// Which.
        link: LinkId,
    },
}

/// Something to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Errand {
    /// Tells it from others.
    pub id: String,
    /// What is to be done.
    pub task: Task,
    /// When, seconds since 1970.
    pub due_at: i64,
    /// How often it was tried.
    #[serde(default)]
    pub tries: u32,
    /// Since when it stands.
    pub since: i64,
}

impl Errand {
    /// Something to be done at once.
    pub fn new(task: Task, now: i64) -> Self {
        Self { id: random_token(), task, due_at: now, tries: 0, since: now }
    }

    /// The shard of the timers that it stands in.
    pub fn shard(&self) -> u64 {
        self.id.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte))) % SHARDS
    }

    fn key(&self) -> Key {
        Key { pk: partition(self.shard()), sk: key::join(&[&moment(self.due_at), &self.id]) }
    }

    fn item(&self) -> Result<Item, Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().item());
        item.insert("kind".to_owned(), text("errand"));
        Ok(item)
    }
}

impl Store {
    /// Puts an errand down. Twice leaves one.
    pub async fn put_errand(&self, errand: &Errand) -> Result<(), Error> {
        let put = self.client().put_item().table_name(self.table(Table::Timers)).set_item(Some(errand.item()?));
        put.send().await?;
        Ok(())
    }

    /// The same, as a step of a transaction.
    pub(super) fn errand_in(&self, errand: &Errand, attempt: &Attempt) -> Result<TransactWriteItem, Error> {
        self.put_in(Table::Timers, errand.item()?, attempt)
    }

    /// It is done, or given up.
    pub async fn clear_errand(&self, errand: &Errand) -> Result<(), Error> {
        let delete = self.client().delete_item().table_name(self.table(Table::Timers));
        delete.set_key(Some(errand.key().item())).send().await?;
        Ok(())
    }

    /// It is to be tried again at `due_at`. The later row is put first: a crash in between leaves two, not none.
    pub async fn put_errand_off(&self, errand: &Errand, due_at: i64) -> Result<(), Error> {
        self.put_errand(&Errand { due_at, tries: errand.tries + 1, ..errand.clone() }).await?;
        self.clear_errand(errand).await
    }
}
