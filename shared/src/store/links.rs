//! Connect links: how an app's user, who has no sign-in here, connects an account.
//!
//! A link is found by the hash of its token, which is also its public id. Each step is one conditional write: of two
//! browsers one gets the link, and of two accounts one waits for the confirmation.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_dynamodb::types::TransactWriteItem;
use serde::{Deserialize, Serialize};

use super::{
    Attempt, Error, Store, Table, Written,
    expression::{Change, Condition, Write},
    integrations::Integration,
    key::Key,
    put_new, read, text,
    timers::Revocation,
};
use crate::{
    id::{Id, IntegrationId, LinkId, OrgId, UserId},
    vault::Sealed,
};

/// How long a link can be used, seconds.
pub const LIFE: i64 = 1800;
/// How long the confirmation may take at least, seconds.
pub const CONFIRM_WITHIN: i64 = 600;
/// How long a link that has run out can still be asked about, seconds.
const KNOWN: i64 = 3600;

/// The public id of the link that a token belongs to.
pub fn id_of(token: &str) -> LinkId {
    LinkId::from_checked(format!("{}{}", LinkId::PREFIX, hash_of(token)))
}

/// What is kept of a token, a code, a cookie.
pub fn hash_of(secret: &str) -> String {
    hex::encode(digest(&SHA256, secret.as_bytes()))
}

/// What the app settled for one provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Which of several integrations of this provider.
    pub label: String,
    /// Asked for in place of the file's scopes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// What the provider's file asks of a person before connecting, as far as the app knows it; not secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

/// A connect link.
#[derive(Clone, Serialize, Deserialize)]
pub struct Link {
    /// Public id.
    pub id: LinkId,
    /// The organisation whose back end made it.
    pub org: OrgId,
    /// Whose account it connects.
    pub user: UserId,
    /// The service key that made it.
    pub made_by: String,
    /// What may be connected: one of these.
    pub providers: BTreeMap<String, Wanted>,
    /// Where the browser goes afterwards.
    pub return_to: String,
    /// Whether the result waits for the back end's confirmation.
    pub confirm: bool,
    /// How far it is.
    pub status: Status,
    /// When it ends, seconds since 1970. TTL deletion is late, so this is what counts.
    pub expires_at: i64,
    /// SHA-256 of the cookie of the browser that began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// SHA-256 of the code that this browser took to the return address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The provider that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The account, as people know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What waits for the confirmation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Sealed>,
    /// The timer that gives back what is not confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_pk: Option<String>,
    /// Its sort key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timer_sk: Option<String>,
    /// The integration it made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration: Option<IntegrationId>,
}

/// How far a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has begun.
    Open,
    /// A browser has begun; the link is this browser's.
    Started,
    /// An account waits for the back end's confirmation. It is not usable.
    Pending,
    /// It is connected.
    Connected,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Started => "started",
            Self::Pending => "pending",
            Self::Connected => "connected",
        }
    }
}

/// An account that a link's browser has brought.
pub struct Brought<'a> {
    /// The provider.
    pub provider: &'a str,
    /// As people know it.
    pub account: Option<String>,
    /// Sealed, until the confirmation.
    pub held: Sealed,
    /// SHA-256 of the code that the browser takes along.
    pub code: String,
    /// Gives it back unless it is confirmed.
    pub timer: Option<Key>,
    /// When the confirmation comes too late.
    pub expires_at: i64,
}

impl Store {
    /// Keeps a new link.
    pub async fn keep_link(&self, link: &Link) -> Result<(), Error> {
        let put = self
            .client()
            .put_item()
            .table_name(self.table(Table::Handshakes))
            .set_item(Some(serde_dynamo::to_item(link)?))
            .item("pk", text(link.id.as_str()))
            .item("sk", text("-"))
            .item("expires", super::number(link.expires_at + KNOWN));
        match put_new(put, &Attempt::new()).await? {
            Written::Yes(_) => Ok(()),
            Written::No(_) => Err(Error::Failed("a link of this id is there already".to_owned())),
        }
    }

    /// Looks a link up.
    pub async fn link(&self, id: &LinkId) -> Result<Option<Link>, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Handshakes));
        let found = get.set_key(Some(key_of(id).item())).consistent_read(true).send().await?.item;
        found.map(read).transpose()
    }

    /// Gives the link to the browser of this cookie, or finds that it has it. False where another has it, or it is over.
    pub async fn begin_link(&self, id: &LinkId, browser: &str) -> Result<bool, Error> {
        let fresh = Condition::Is("status", Status::Open.as_str().into());
        let own =
            Condition::Is("status", Status::Started.as_str().into()).and(Condition::Is("browser", browser.into()));
        let condition = Condition::Any(vec![fresh, own]).and_live(self.clock().epoch());
        let change = Change::new().set("status", Status::Started.as_str()).set("browser", browser);
        let write = Write::new(condition, change);
        Ok(matches!(self.apply(Table::Handshakes, &key_of(id), &write).await?, Written::Yes(_)))
    }

    /// Lets what the browser brought wait for the confirmation. False where something waits already, or it is over.
    pub async fn hold_for_link(&self, id: &LinkId, brought: &Brought<'_>) -> Result<bool, Error> {
        let condition = Condition::Is("status", Status::Started.as_str().into()).and_live(self.clock().epoch());
        let change = Change::new()
            .set("status", Status::Pending.as_str())
            .set("provider", brought.provider)
            .put("account", brought.account.as_deref())
            .set("held", &brought.held)
            .set("code", brought.code.as_str())
            .put("timer_pk", brought.timer.as_ref().map(|timer| timer.pk.as_str()))
            .put("timer_sk", brought.timer.as_ref().map(|timer| timer.sk.as_str()))
            .set("expires_at", brought.expires_at)
            .set("expires", brought.expires_at + KNOWN);
        let landed = Condition::Is("code", brought.code.as_str().into());
        let write = Write::new(condition, change).landed(landed);
        Ok(matches!(self.apply(Table::Handshakes, &key_of(id), &write).await?, Written::Yes(_)))
    }

    /// Connects what a link brought, in one step: the integration's row, the link's, and the timer that would have given
    /// it back. `None` where the integration's row was changed meanwhile; refused where the link is not as it was seen.
    pub(crate) async fn connect_link(
        &self,
        seen: &Link,
        key: &Key,
        connect: &Write,
        made: &IntegrationId,
        chosen: (&str, Option<&str>),
    ) -> Result<Connecting, Error> {
        let attempt = Attempt::new();
        let condition = Condition::Is("status", seen.status.as_str().into()).and_live(self.clock().epoch());
        let change = Change::new()
            .set("status", Status::Connected.as_str())
            .set("integration", made.as_str())
            .set("provider", chosen.0)
            .put("account", chosen.1)
            .remove(&["held"]);
        let update = connect.in_transaction(self.table(Table::Integrations), key)?;
        let mut steps = vec![
            TransactWriteItem::builder().update(update).build(),
            self.change_in(Table::Handshakes, &key_of(&seen.id), condition, change, &attempt)?,
        ];
        if let (Some(pk), Some(sk)) = (&seen.timer_pk, &seen.timer_sk) {
            steps.push(self.delete_in(Table::Timers, &Key::new(pk, sk))?);
        }
        let done = self.transact(steps, &attempt).await?;
        if done {
            let row = self.integrations().row(key, true).await?;
            return row.map_or(Ok(Connecting::Refused), |row| Ok(Connecting::Done(Box::new(Integration::of(row)?))));
        }
        let now = self.clock().epoch();
        let as_seen = |link: Link| link.status == seen.status && link.code == seen.code && link.expires_at > now;
        Ok(if self.link(&seen.id).await?.is_some_and(as_seen) { Connecting::Again } else { Connecting::Refused })
    }

    /// Forgets what a link brought, once nobody can confirm it any more. The rest of the row stays until it can be asked
    /// about no longer.
    pub async fn forget_held(&self, id: &LinkId) -> Result<(), Error> {
        let waits = Condition::Is("status", Status::Pending.as_str().into());
        let condition = waits.and(Condition::Less("expires_at", self.clock().epoch()));
        let write = Write::new(condition, Change::new().remove(&["held", "code"]));
        self.apply(Table::Handshakes, &key_of(id), &write).await.map(|_| ())
    }

    /// Sets the timer that gives tokens back unless they are confirmed.
    pub(crate) async fn set_link_timer(&self, timer: &Revocation) -> Result<Key, Error> {
        self.set_timer(timer).await?;
        Ok(timer.key())
    }
}

/// How connecting went.
pub(crate) enum Connecting {
    /// It is connected.
    Done(Box<Integration>),
    /// The integration's row was changed meanwhile: look again.
    Again,
    /// The link is over, used, or what it held was given back.
    Refused,
}

impl Condition {
    /// And the row's time is not over.
    fn and_live(self, now: i64) -> Self {
        self.and(Self::More("expires_at", now))
    }
}

fn key_of(id: &LinkId) -> Key {
    Key::new(id.as_str(), "-")
}
