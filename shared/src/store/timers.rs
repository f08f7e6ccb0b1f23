//! What is to be done later: one row each, found by its time.
//!
//! A timer leaves the table only when its work is done or given up, so a missed hour catches itself up. It may run twice:
//! whoever does the work makes sure that this does no harm.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use serde::{Deserialize, Serialize};

use super::{
    Error, Item, Store, Table,
    expression::{Change, Step, Value},
    integrations::{Integration, SHARDS, attribute as at, moment, spread},
    key::{self, Key},
    read, text,
};
use crate::{
    auth::{Owner, Tenant},
    id::{IntegrationId, OrgId, random_token},
    vault::{Place, Purpose, Sealed},
};

/// Something to be done at a time.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timer {
    /// Names it among all timers.
    pub timer: String,
    /// When, seconds since 1970.
    pub due_at: i64,
    /// How often it was tried.
    pub tries: u32,
    /// When it was made, seconds since 1970.
    pub since: i64,
    /// What is to be done.
    pub what: What,
}

/// What a timer is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Tokens are to be given back to their provider.
    Revocation(Box<Revocation>),
}

/// Tokens that nobody may use any more, sealed as they stood in their row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Revocation {
    /// Whose they were.
    pub org: OrgId,
    /// Which user's; none for the organisation's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<crate::id::UserId>,
    /// The integration's id.
    pub integration: IntegrationId,
    /// The provider.
    pub provider: String,
    /// The grant they were sealed under.
    pub grant: u64,
    /// The OAuth client that they belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The account at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// What requests need and is not secret.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// The access token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token: Option<Sealed>,
    /// The refresh token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<Sealed>,
    /// The secret of the owner's own client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<Sealed>,
}

impl Revocation {
    /// All of an integration's tokens; none where it holds no grant by consent.
    pub fn of(integration: &Integration) -> Option<Self> {
        let tokens = integration.access_token.is_some() || integration.refresh_token.is_some();
        if integration.kind != super::integrations::Kind::Oauth || !tokens {
            return None;
        }
        let user = match integration.tenant().owner() {
            Owner::User(user) => Some(user.clone()),
            Owner::Organisation => None,
        };
        Some(Self {
            org: integration.tenant().org().clone(),
            user,
            integration: integration.id.clone(),
            provider: integration.provider.clone(),
            grant: integration.grant,
            client_id: integration.client_id.clone(),
            account: integration.external.id.clone(),
            fields: integration.fields.clone(),
            access_token: integration.access_token.clone(),
            refresh_token: integration.refresh_token.clone(),
            client_secret: integration.client_secret.clone(),
        })
    }

    /// The same for tokens that came too late to be stored: sealed under `grant` by the change that was refused.
    pub(crate) fn with(mut self, tokens: &Change, grant: u64) -> Option<Self> {
        let sealed = |name: &str| {
            tokens.steps().iter().find_map(|step| match step {
                Step::Set(attribute, Value::Bytes(bytes)) if *attribute == name => Some(Sealed::stored(bytes.clone())),
                _ => None,
            })
        };
        self.access_token = sealed(at::ACCESS_TOKEN);
        self.refresh_token = sealed(at::REFRESH_TOKEN);
        self.client_secret = sealed(at::CLIENT_SECRET);
        self.grant = grant;
        (self.access_token.is_some() || self.refresh_token.is_some()).then_some(self)
    }

    /// Whose they were.
    pub fn tenant(&self) -> Tenant {
        Tenant::for_job(self.org.clone(), self.user.clone().map_or(Owner::Organisation, Owner::User))
    }

    /// Where one of them opens.
    pub fn place<'a>(&'a self, tenant: &'a Tenant, field: &'a str) -> Place<'a> {
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

impl Timer {
    /// Something to be done from now on.
    pub fn due_now(what: What, now: i64) -> Self {
        Self { timer: random_token(), due_at: now, tries: 0, since: now, what }
    }

    fn key(&self) -> Key {
        let pk = format!("t#{}", spread(&self.timer) % SHARDS);
        Key { pk, sk: key::join(&[&moment(self.due_at), &self.timer]) }
    }

    fn item(&self) -> Result<Item, Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().item());
        Ok(item)
    }

    /// As one part of a transaction.
    pub(crate) fn put(&self, store: &Store) -> Result<Put, Error> {
        let built = Put::builder().table_name(store.table(Table::Timers)).set_item(Some(self.item()?)).build();
        built.map_err(|error| Error::Failed(error.to_string()))
    }
}

impl Store {
    /// Adds a timer. Putting the same one twice leaves one.
    pub async fn set_timer(&self, timer: &Timer) -> Result<(), Error> {
        let put = self.client().put_item().table_name(self.table(Table::Timers)).set_item(Some(timer.item()?));
        put.send().await?;
        Ok(())
    }

    /// What of one shard is due by `now`, oldest first.
    pub async fn due_timers(&self, shard: u8, now: i64, limit: i32) -> Result<Vec<Timer>, Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Timers))
            .key_condition_expression("pk = :shard AND sk < :end")
            .expression_attribute_values(":shard", text(format!("t#{shard}")))
            .expression_attribute_values(":end", text(moment(now + 1)))
            .consistent_read(true)
            .limit(limit);
        query.send().await?.items.unwrap_or_default().into_iter().map(read).collect()
    }

    /// The work is done, or given up.
    pub async fn clear_timer(&self, timer: &Timer) -> Result<(), Error> {
        let delete = self.client().delete_item().table_name(self.table(Table::Timers));
        delete.set_key(Some(timer.key().item())).send().await?;
        Ok(())
    }

    /// The work is to be tried again later.
    pub async fn reset_timer(&self, timer: &Timer, due_at: i64) -> Result<(), Error> {
        let later = Timer { due_at, tries: timer.tries + 1, ..timer.clone() };
        let gone = Delete::builder().table_name(self.table(Table::Timers)).set_key(Some(timer.key().item())).build();
        let gone = gone.map_err(|error| Error::Failed(error.to_string()))?;
        self.client()
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(later.put(self)?).build())
            .transact_items(TransactWriteItem::builder().delete(gone).build())
            .send()
            .await?;
        Ok(())
    }
}
