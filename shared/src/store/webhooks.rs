//! Whose a webhook's id is. Ids are claimed for the whole installation: the address names nobody else.
//!
//! A claim names the slot of a connection. It holds while the connection there has this id, and for a moment before the
//! connection is stored; after that it gives way to whoever asks. So nothing has to be released.

use super::{Attempt, Error, Item, Store, Table, Written, integrations, key::Key, number, string, text, update};
use crate::{auth::Tenant, store::integrations::Integration};

const PROVIDER: &str = "webhook";
pub(super) const CLAIM: &str = "claim";
/// A connection is stored so many seconds after its claim at the latest: a function lives no longer.
const SETTLING: i64 = 60;

impl Store {
    /// Claims an id for a slot of the tenant's; `false` where somebody else has it.
    pub async fn claim_webhook(&self, tenant: &Tenant, label: &str, id: &str) -> Result<bool, Error> {
        let slot = slot(tenant, label);
        match self.write_claim(id, &slot, None).await? {
            Written::Yes(_) => Ok(true),
            Written::No(Some(found)) if !self.holds(&found, id).await? => {
                let seen = string(&found, "attempt");
                Ok(matches!(self.write_claim(id, &slot, seen).await?, Written::Yes(_)))
            }
            Written::No(_) => Ok(false),
        }
    }

    /// Whether a claim would succeed at this moment.
    pub async fn webhook_is_free(&self, tenant: &Tenant, label: &str, id: &str) -> Result<bool, Error> {
        match self.claim(id).await? {
            Some(found) if holder(&found).as_ref() != Some(&slot(tenant, label)) => Ok(!self.holds(&found, id).await?),
            _ => Ok(true),
        }
    }

    /// The connection that takes in what is sent to an id.
    pub async fn webhook(&self, id: &str) -> Result<Option<Integration>, Error> {
        let Some(holder) = self.claim(id).await?.as_ref().and_then(holder) else { return Ok(None) };
        let found = self.integrations().at(&holder, true).await?;
        Ok(found.filter(|integration| integration.external.id.as_deref() == Some(id)))
    }

    async fn claim(&self, id: &str) -> Result<Option<Item>, Error> {
        let answer = self
            .client()
            .get_item()
            .table_name(self.table(Table::Integrations))
            .set_key(Some(key(id).item()))
            .consistent_read(true)
            .send()
            .await?;
        Ok(answer.item)
    }

    /// Whether a claim still counts.
    async fn holds(&self, claim: &Item, id: &str) -> Result<bool, Error> {
        let since = claim.get("since").and_then(|value| value.as_n().ok()?.parse::<i64>().ok()).unwrap_or_default();
        if self.clock().epoch() - since < SETTLING {
            return Ok(true);
        }
        let Some(holder) = holder(claim) else { return Ok(false) };
        let found = self.integrations().at(&holder, true).await?;
        Ok(found.is_some_and(|integration| integration.external.id.as_deref() == Some(id)))
    }

    /// Writes the claim where there is none, where it is the slot's own, or where it is still the one that was seen.
    async fn write_claim(&self, id: &str, slot: &Key, seen: Option<String>) -> Result<Written, Error> {
        let key = key(id);
        let write = self
            .client()
            .update_item()
            .table_name(self.table(Table::Integrations))
            .set_key(Some(key.item()))
            .update_expression("SET slot_pk = :pk, slot_sk = :sk, since = :now, attempt = :attempt")
            .condition_expression("attribute_not_exists(pk) OR (slot_pk = :pk AND slot_sk = :sk) OR attempt = :seen")
            .expression_attribute_values(":pk", text(&slot.pk))
            .expression_attribute_values(":sk", text(&slot.sk))
            .expression_attribute_values(":now", number(self.clock().epoch()))
            .expression_attribute_values(":seen", text(seen.unwrap_or_default()));
        update(write, &Attempt::new()).await
    }
}

fn key(id: &str) -> Key {
    Key::new(&super::key::join(&["WEBHOOK", id]), CLAIM)
}

fn slot(tenant: &Tenant, label: &str) -> Key {
    integrations::key_of(tenant.org(), tenant.owner().as_str(), PROVIDER, label)
}

fn holder(claim: &Item) -> Option<Key> {
    Some(Key { pk: string(claim, "slot_pk")?, sk: string(claim, "slot_sk")? })
}
