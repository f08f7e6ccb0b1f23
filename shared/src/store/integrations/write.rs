//! Connecting, and the one transaction of disconnecting.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::TransactWriteItem,
};

use super::{External, Integration, Integrations, Kind, Slot, attribute as at, keys, protocol};
use crate::{
    auth::Tenant,
    id::{IntegrationId, random_token},
    store::{
        Error, Table, Written,
        expression::{Change, Write, dynamodb::refused_or_landed},
        timers::Timer,
    },
    vault::Sealed,
};

/// How a conditional write on an integration went.
#[derive(Clone, Debug)]
pub enum Settled {
    /// It is done; the row as it is now.
    Done(Box<Integration>),
    /// Something came in between; the row as it was found.
    Refused(Option<Box<Integration>>),
}

impl Settled {
    pub(super) fn read(written: Written) -> Result<Self, Error> {
        Ok(match written {
            Written::Yes(item) => Self::Done(Box::new(Integration::read(item)?)),
            Written::No(item) => Self::Refused(item.map(Integration::read).transpose()?.map(Box::new)),
        })
    }
}

/// A new consent with its secrets sealed, all under `grant`.
pub struct SealedGrant {
    /// Which slot it fills.
    pub slot: Slot,
    /// The grant's number: one more than what was seen in the row.
    pub grant: u64,
    /// The integration's id: the row's own, or a new one.
    pub id: IntegrationId,
    /// Whether the slot was empty, or held a tombstone.
    pub new: bool,
    /// The provider's family: whose authorization server it is.
    pub family: String,
    /// What kind of credential.
    pub kind: Kind,
    /// The OAuth client, if one was used.
    pub client_id: Option<String>,
    /// Where the refresh token may be sent.
    pub token_host: Option<String>,
    /// The sealed values by attribute; those that are absent are removed.
    pub secrets: BTreeMap<&'static str, Sealed>,
    /// When the access token ends.
    pub expires_at: Option<i64>,
    /// What was granted.
    pub scopes: Vec<String>,
    /// Who it is.
    pub external: External,
    /// What requests need and is not secret.
    pub fields: BTreeMap<String, String>,
    /// When it falls due.
    pub due_at: Option<i64>,
}

/// The attributes that hold what the vault sealed under the grant.
pub(crate) const SECRETS: [&str; 4] = [at::ACCESS_TOKEN, at::REFRESH_TOKEN, at::CREDENTIAL, at::CLIENT_SECRET];

impl SealedGrant {
    fn record(&self, now: i64) -> Change {
        let secrets = SECRETS.iter().fold(Change::new(), |change, name| change.put(name, self.secrets.get(name)));
        let account = self.client_id.as_deref().zip(self.external.id.as_deref());
        let change = secrets
            .with(keys::due(&self.id, self.due_at))
            .set(at::ID, self.id.as_str())
            .set(at::PROVIDER, self.slot.provider.as_str())
            .set(at::LABEL, self.slot.label.as_str())
            .set(at::KIND, self.kind.as_str())
            .put(at::CLIENT_ID, self.client_id.as_deref())
            .put(at::TOKEN_HOST, self.token_host.as_deref())
            .put(at::EXPIRES_AT, self.expires_at)
            .set(at::SCOPES, self.scopes.as_slice())
            .set(at::EXTERNAL, &self.external)
            .set(at::FIELDS, &self.fields)
            .put(at::ACCOUNT_PK, account.map(|(_, id)| keys::account_partition(&self.family, id)))
            .put(at::ACCOUNT_SK, account.map(|(client, _)| keys::account_sort(client, self.id.as_str())));
        if self.new {
            change.set(at::CREATED_AT, now).remove(&[at::LAST_USED_AT, at::LAST_TESTED_AT, at::NOTES, at::NOTES_REV])
        } else {
            change
        }
    }
}

impl Integrations<'_> {
    /// Stores a new consent over what was seen: refused where somebody else moved the grant meanwhile.
    pub async fn connect(&self, tenant: &Tenant, grant: &SealedGrant, now: i64) -> Result<Settled, Error> {
        let seen = grant.grant.cast_signed() - 1;
        let seen = (seen > 0).then_some(seen);
        let write = protocol::connect(seen, &random_token(), grant.record(now), now);
        Settled::read(self.0.apply(Table::Integrations, &grant.slot.key(tenant), &write).await?)
    }

    /// Ends a connection: its tokens leave the row for the timer that gives them back, in one transaction. Refused where
    /// the grant has moved on: read again, and disconnect that.
    pub async fn disconnect(
        &self,
        integration: &Integration,
        timer: Option<&Timer>,
        now: i64,
    ) -> Result<Settled, Error> {
        let write = protocol::disconnect(integration.view().grant, &random_token(), now);
        let key = integration.key();
        let Some(timer) = timer else {
            return Settled::read(self.0.apply(Table::Integrations, &key, &write).await?);
        };
        let update = write.in_transaction(self.0.table(Table::Integrations), &key)?;
        let transaction = self
            .0
            .client()
            .transact_write_items()
            // Told outright, so that each repetition of the SDK's is the same transaction.
            .client_request_token(&random_token()[..36])
            .transact_items(TransactWriteItem::builder().update(update).build())
            .transact_items(TransactWriteItem::builder().put(timer.put(self.0)?).build());
        match transaction.send().await {
            Ok(_) => self.after(&write, &key).await,
            Err(SdkError::ServiceError(refused)) if refused.err().is_transaction_canceled_exception() => {
                let TransactWriteItemsError::TransactionCanceledException(cancelled) = refused.into_err() else {
                    return Ok(Settled::Refused(None));
                };
                let first = cancelled.cancellation_reasons.unwrap_or_default().into_iter().next();
                match first.as_ref().and_then(|reason| reason.code.as_deref()) {
                    Some("ConditionalCheckFailed") => {
                        Settled::read(refused_or_landed(&write, first.and_then(|reason| reason.item)))
                    }
                    // Another write holds the row at this moment.
                    _ => self.after(&write, &key).await,
                }
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What the row looks like after a transaction, which does not tell.
    async fn after(&self, write: &Write, key: &crate::store::key::Key) -> Result<Settled, Error> {
        let get = self.0.client().get_item().table_name(self.0.table(Table::Integrations)).consistent_read(true);
        let found = get.set_key(Some(key.item())).send().await?.item;
        Settled::read(refused_or_landed(write, found))
    }
}
