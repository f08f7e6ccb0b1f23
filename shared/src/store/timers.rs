//! What is due later: for now, telling a provider that a grant has ended.
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
    text,
};
use crate::{
    id::{IntegrationId, OrgId},
    vault::Sealed,
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
        let pk = key::join(&[&format!("t{}", hash % SHARDS)]);
        Key { pk, sk: key::join(&[&format!("{:012}", self.due_at), &id]) }
    }

    fn item(&self) -> Result<Item, Error> {
        let mut item: Item = serde_dynamo::to_item(self)?;
        item.extend(self.key().item());
        item.insert("kind".to_owned(), text("revocation"));
        Ok(item)
    }
}

impl Store {
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
