//! What is due later: telling a provider that a grant has ended.
//!
//! A timer's row holds all its work needs, sealed where it is secret, since what it is about may be gone by then.

use aws_sdk_dynamodb::{
    error::SdkError,
    types::{Put, TransactWriteItem},
};
use serde::{Deserialize, Serialize};

use super::{
    Error, Item, Store, Table, Written,
    expression::{Write, dynamodb::refused_or_landed},
    integrations::Integration,
    key::{self, Key},
    read, text,
};
use crate::{
    auth::{Owner, Tenant},
    id::{IntegrationId, OrgId},
    vault::{Place, Purpose, Sealed},
};

/// The shards of the table: what is due is asked of each.
pub const SHARDS: u64 = 16;

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
    /// The only host the tokens may go to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_host: Option<String>,
    /// What was told before connecting.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
    /// The grant that the tokens were sealed with.
    pub grant: u64,
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
    /// When the connection ended, seconds since 1970.
    pub since: i64,
}

impl Revocation {
    /// For an integration that is being disconnected; `None` where there is nothing to give back.
    pub fn of(integration: &Integration, now: i64) -> Option<Self> {
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
            access_token: integration.access_token.clone()?,
            refresh_token: integration.refresh_token.clone(),
            client_secret: integration.client_secret.clone(),
            due_at: now,
            tries: 0,
            since: now,
        })
    }

    /// Where its row is: by shard, time and what it is about.
    pub fn key(&self) -> Key {
        let id = format!("{}.{}", self.integration, self.grant);
        let hash = id.bytes().fold(0_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Key { pk: partition(hash % SHARDS), sk: key::join(&[&moment(self.due_at), &id]) }
    }

    fn item(&self) -> Result<Item, Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().item());
        item.insert("kind".to_owned(), text("revocation"));
        Ok(item)
    }
}

fn partition(shard: u64) -> String {
    key::join(&["t", &shard.to_string()])
}

/// Times sort as text when they are all as long.
fn moment(at: i64) -> String {
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

    /// What of one shard is due by `now`, oldest first. It stays until it is cleared, so it may come up twice.
    pub async fn due_timers(&self, shard: u64, now: i64, limit: i32) -> Result<Vec<Revocation>, Error> {
        let query = self
            .client()
            .query()
            .table_name(self.table(Table::Timers))
            .key_condition_expression("pk = :shard AND sk < :end")
            .expression_attribute_values(":shard", text(partition(shard)))
            .expression_attribute_values(":end", text(moment(now + 1)))
            .consistent_read(true)
            .limit(limit);
        query.send().await?.items.unwrap_or_default().into_iter().map(read).collect()
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

    /// Ends an integration and sets the timer for its revocation, both or neither. `false` where the row was changed
    /// meanwhile.
    pub async fn end_integration(
        &self,
        key: &Key,
        write: &Write,
        revocation: Option<&Revocation>,
    ) -> Result<bool, Error> {
        let Some(revocation) = revocation else {
            return Ok(matches!(self.integrations().apply(key, write).await?, Written::Yes(_)));
        };
        let put = Put::builder().table_name(self.table(Table::Timers)).set_item(Some(revocation.item()?)).build();
        let put = put.map_err(|error| Error::Failed(error.to_string()))?;
        let update = write.in_transaction(self.table(Table::Integrations), key)?;
        let answer = self
            .client()
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(put).build())
            .send()
            .await;
        match answer {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(refused)) if refused.err().is_transaction_canceled_exception() => {
                let found = self.integrations().row(key, true).await?;
                Ok(matches!(refused_or_landed(write, found), Written::Yes(_)))
            }
            Err(error) => Err(error.into()),
        }
    }
}
