//! What is due later: telling a provider that a grant has ended, and [errands](super::errands).
//!
//! A timer's row holds all its work needs, sealed where it is secret, since what it is about may be gone by then.

use serde::{Deserialize, Serialize};

use super::{
    Error, Item, Store, Table,
    errands::Errand,
    handshakes,
    integrations::{Integration, Kind},
    key::{self, Key},
    read, string, text,
};
use crate::{
    auth::{Owner, Tenant},
    id::{IntegrationId, OrgId},
    vault::{Place, Purpose, Sealed},
};

/// The shards of the table: what is due is asked of each.
pub const SHARDS: u64 = 16;
/// Where giving one grant back ends all that its account granted, it waits until whoever disconnected and is connecting
/// anew has done so: a handshake's life and a minute, seconds.
const REACHES_FAR: i64 = handshakes::LIFE + 60;

/// What is due later.
#[derive(Clone)]
pub enum Timer {
    /// A provider is to be told.
    Revocation(Box<Revocation>),
    /// Something else is to be done.
    Errand(Errand),
}

impl Timer {
    fn read(item: Item) -> Result<Self, Error> {
        match string(&item, "kind").as_deref() {
            Some("errand") => read(item).map(Self::Errand),
            _ => read(item).map(|revocation| Self::Revocation(Box::new(revocation))),
        }
    }
}

/// Tells a provider that a grant has ended.
#[derive(Clone, Serialize, Deserialize)]
pub struct Revocation {
    /// The organisation.
    pub org: OrgId,
    /// The owner in it.
    pub owner: String,
    /// The integration that was disconnected.
    pub integration: IntegrationId,
    /// The provider's slug.
    pub provider: String,
    /// The account at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The OAuth client that the grant was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The token endpoint's host when they were given. Where the file names another by now, they are sent nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_host: Option<String>,
    /// What was told before connecting.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
    /// The grant that the tokens were sealed with.
    pub grant: u64,
    /// Whether a typed credential had the token made, and nobody's consent.
    #[serde(default)]
    pub typed: bool,
    /// As sealed for the integration.
    pub access_token: Sealed,
    /// As sealed for the integration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Sealed>,
    /// As sealed for the integration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Sealed>,
    /// When it is due, seconds since 1970.
    pub due_at: i64,
    /// How often it was tried.
    #[serde(default)]
    pub tries: u32,
    /// Whether the last try got a new access token to end the grant by.
    #[serde(default)]
    pub renewed: bool,
    /// When the connection ended, seconds since 1970.
    pub since: i64,
}

impl Revocation {
    /// For an integration that is being disconnected; `None` where there is nothing to give back. What a typed credential
    /// minted is nobody's grant, and ends by itself. `whole_account` says whether giving it back ends other grants of the
    /// same account, too.
    pub fn of(integration: &Integration, whole_account: bool, now: i64) -> Option<Self> {
        if integration.kind == Kind::Minted {
            return None;
        }
        Some(Self {
            org: integration.org.clone(),
            owner: integration.owner().to_owned(),
            integration: integration.id.clone(),
            provider: integration.provider.clone(),
            account: integration.external.id.clone(),
            client_id: integration.client_id.clone(),
            token_host: integration.token_host.clone(),
            fields: integration.fields.clone(),
            grant: integration.grant,
            typed: integration.kind == Kind::ApiKey,
            access_token: integration.access_token.clone()?,
            refresh_token: integration.refresh_token.clone(),
            client_secret: integration.client_secret.clone(),
            due_at: if whole_account { now + REACHES_FAR } else { now },
            tries: 0,
            renewed: false,
            since: now,
        })
    }

    /// Where its row is: by shard, time and what it is about.
    pub fn key(&self) -> Key {
        let id = format!("{}.{}", self.integration, self.grant);
        let hash = id.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Key { pk: partition(hash % SHARDS), sk: key::join(&[&moment(self.due_at), &id]) }
    }

    pub(super) fn item(&self) -> Result<Item, Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().item());
        item.insert("kind".to_owned(), text("revocation"));
        Ok(item)
    }
}

pub(super) fn partition(shard: u64) -> String {
    key::join(&["t", &shard.to_string()])
}

/// Times sort as text when they are all as long.
pub(super) fn moment(at: i64) -> String {
    format!("{:012}", at.max(0))
}

impl Revocation {
    /// Who owned it.
    pub fn tenant(&self) -> Result<Tenant, Error> {
        let owner = match self.owner.as_str() {
            "_org" => Owner::Organisation,
            user => Owner::User(user.parse().map_err(|_| Error::Unreadable("a timer's owner".to_owned()))?),
        };
        Ok(Tenant::for_job(self.org.clone(), owner))
    }

    /// The place that one of its tokens is sealed for.
    pub(crate) fn place<'a>(&'a self, tenant: &'a Tenant, field: &'a str) -> Place<'a> {
        Place {
            org: tenant.org(),
            owner: tenant.owner(),
            purpose: Purpose::Integration,
            record: self.integration.as_str(),
            provider: &self.provider,
            field,
            grant: self.grant,
        }
    }
}

impl Store {
    /// Sets a timer. Setting the same one twice leaves one.
    pub(crate) async fn set_timer(&self, timer: &Revocation) -> Result<(), Error> {
        let put = self.client().put_item().table_name(self.table(Table::Timers)).set_item(Some(timer.item()?));
        put.send().await?;
        Ok(())
    }

    /// What of one shard is due by `now`, oldest first. It stays until it is cleared, so it may come up twice. A row that
    /// cannot be read is passed over and stays: no other waits for it.
    pub async fn due_timers(&self, shard: u64, now: i64, limit: i32) -> Result<Vec<Timer>, Error> {
        let mut start = None;
        loop {
            let query = self
                .client()
                .query()
                .table_name(self.table(Table::Timers))
                .key_condition_expression("pk = :shard AND sk < :end")
                .expression_attribute_values(":shard", text(partition(shard)))
                .expression_attribute_values(":end", text(moment(now + 1)))
                .consistent_read(true)
                .limit(limit);
            let answer = query.set_exclusive_start_key(start).send().await?;
            let readable = |item| {
                let timer = Timer::read(item);
                timer.inspect_err(|error| tracing::error!(shard, %error, "a timer cannot be read")).ok()
            };
            let due: Vec<Timer> = answer.items.unwrap_or_default().into_iter().filter_map(readable).collect();
            start = answer.last_evaluated_key;
            if !due.is_empty() || start.is_none() {
                return Ok(due);
            }
        }
    }

    /// The work is done, or given up.
    pub async fn clear_timer(&self, timer: &Revocation) -> Result<(), Error> {
        let delete = self.client().delete_item().table_name(self.table(Table::Timers));
        delete.set_key(Some(timer.key().item())).send().await?;
        Ok(())
    }

    /// The work is to be tried again at `due_at`. The later row is put first: a crash in between leaves two, not none.
    pub async fn reset_timer(&self, timer: &Revocation, due_at: i64) -> Result<(), Error> {
        self.set_timer(&Revocation { due_at, tries: timer.tries + 1, ..timer.clone() }).await?;
        self.clear_timer(timer).await
    }
}
