//! The vault: seals every secret before it is stored, and opens it only in the place that it was sealed for.
//!
//! KMS wraps one data key an organisation and purpose ([`data_key`]); a record's key is derived from that, and the cipher
//! binds the value to its [`Place`] ([`envelope`]). Data keys are kept clear for five minutes at most ([`cache`]), so that a
//! warm read calls neither KMS nor DynamoDB; what is rotated, raised or shredded is followed within that time.
//!
//! It stores no value itself: callers put [`Sealed`] into their rows.

mod cache;
mod context;
mod data_key;
mod envelope;
mod error;
mod rotation;

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use zeroize::Zeroizing;

use self::{
    cache::Cache,
    context::Scope,
    data_key::{DataKey, Kms},
};
pub use self::{
    context::{Place, Purpose},
    envelope::Sealed,
    error::Error,
    rotation::{Move, Rotation},
};
use crate::{
    aws::Aws,
    clock::Clock,
    id::random,
    secret::Secret,
    seeds::Keys,
    store::{
        Store,
        data_keys::{DataKeys, Whose},
    },
};

/// How many data keys are kept at once: about a kilobyte each.
const MOST_KEPT: usize = 1024;

/// Seals and opens. Cheap to clone; clones share what is cached.
#[derive(Clone)]
pub struct Vault(Arc<Inside>);

struct Inside {
    kms: Kms,
    store: Store,
    rows: Cache<Scope, DataKeys>,
    /// By the hash of what is unwrapped: numbers come again after a shredding.
    keys: Cache<(Scope, [u8; SHA256_OUTPUT_LEN]), DataKey>,
}

impl Vault {
    /// A vault over the customer keys `key_ids` in KMS (`VAULT_KEY_ID`). Nothing is called until it is used.
    pub(crate) fn new(aws: Aws, key_ids: &str, store: Store, clock: &Clock) -> Self {
        Self(Arc::new(Inside {
            kms: Kms::new(aws, key_ids),
            store,
            rows: Cache::new(MOST_KEPT, clock.clone()),
            keys: Cache::new(MOST_KEPT, clock.clone()),
        }))
    }

    /// Seals `clear` for `place`. The first time in an organisation and purpose, this makes the data key.
    pub async fn seal(&self, place: &Place<'_>, clear: &[u8]) -> Result<Sealed, Error> {
        self.ready(place).await?.seal(place, clear)
    }

    /// Takes the data key for `place` in hand, for whoever is about to get a secret that cannot be had twice: sealing it
    /// then calls nobody and so cannot fail for want of KMS. Not to be kept beyond the one piece of work.
    pub async fn ready(&self, place: &Place<'_>) -> Result<Ready, Error> {
        let scope = place.scope();
        let row = self.row_to_seal_with(&scope).await?;
        let key = self.key(&scope, &row, row.current).await?;
        Ok(Ready { scope, version: row.current, key })
    }

    /// Opens text that was sealed for `place`.
    pub async fn open(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Secret<String>, Error> {
        envelope::text(self.clear(place, sealed).await?)
    }

    /// Opens what was sealed for `place`.
    pub async fn open_bytes(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Secret<Vec<u8>>, Error> {
        let mut clear = self.clear(place, sealed).await?;
        Ok(Secret::new(std::mem::take(&mut *clear)))
    }

    async fn clear(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let parts = sealed.parts()?;
        let scope = place.scope();
        let row = self.row_to_open_with(&scope, parts.version).await?;
        let key = self.key(&scope, &row, parts.version).await?;
        envelope::open(&key, place, &parts)
    }

    /// The row with a version that may seal.
    async fn row_to_seal_with(&self, scope: &Scope) -> Result<Arc<DataKeys>, Error> {
        let mut row = self.0.rows.get(scope, || self.0.clone().read(scope.clone())).await?;
        // More than one round only when this joined somebody who was merely looking.
        while row.is_empty() {
            row = self.0.rows.replace(scope, &row, || self.0.clone().make(scope.clone())).await?;
        }
        Ok(row)
    }

    /// The row, as young as it must be to judge `version`: one that is ahead of it was made by another instance since.
    async fn row_to_open_with(&self, scope: &Scope, version: u32) -> Result<Arc<DataKeys>, Error> {
        let row = self.0.rows.get(scope, || self.0.clone().read(scope.clone())).await?;
        let row = if version > row.current {
            self.0.rows.replace(scope, &row, || self.0.clone().read(scope.clone())).await?
        } else {
            row
        };
        if version < row.lowest { Err(Error::Retired { version, lowest: row.lowest }) } else { Ok(row) }
    }

    async fn key(&self, scope: &Scope, row: &DataKeys, version: u32) -> Result<Arc<DataKey>, Error> {
        let wrapped = row.wrapped(version).ok_or(Error::NoKey { version })?;
        let inside = &self.0;
        let unwrap = || inside.clone().unwrap(scope.clone(), wrapped.to_vec());
        inside.keys.get(&(scope.clone(), hash(wrapped)), unwrap).await
    }
}

/// What tells one wrapped key from another.
fn hash(wrapped: &[u8]) -> [u8; SHA256_OUTPUT_LEN] {
    let mut hash = [0; SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest(&SHA256, wrapped).as_ref());
    hash
}

/// The version that stands where a data key's would be.
const OF_SEED: u32 = 0;

/// Seals by the current seed of the sessions, which every function has, in place of a data key. For answers alone: they
/// show no secret and live for a day, and who has the seed could sign in as their owner.
pub(crate) fn seal_by_seed(keys: &Keys, place: &Place<'_>, clear: &[u8]) -> Result<Sealed, Error> {
    let key = DataKey::new(keys.current().answers().to_vec())?;
    envelope::seal(&key, OF_SEED, random(), place, clear)
}

/// Opens what was sealed by the current seed, or by the one before it.
pub(crate) fn open_by_seed(keys: &Keys, place: &Place<'_>, sealed: &Sealed) -> Result<Vec<u8>, Error> {
    let parts = sealed.parts()?;
    for seed in keys.all() {
        match envelope::open(&DataKey::new(seed.answers().to_vec())?, place, &parts) {
            Err(Error::Refused) => {}
            opened => return opened.map(|mut clear| std::mem::take(&mut *clear)),
        }
    }
    Err(Error::Refused)
}

/// A data key in hand.
pub struct Ready {
    scope: Scope,
    version: u32,
    key: Arc<DataKey>,
}

impl Ready {
    /// Seals `clear` for `place`, which must be of the organisation and purpose that this was taken for.
    pub fn seal(&self, place: &Place<'_>, clear: &[u8]) -> Result<Sealed, Error> {
        if place.scope() != self.scope {
            return Err(Error::NoKey { version: self.version });
        }
        envelope::seal(&self.key, self.version, random(), place, clear)
    }
}

/// What is done once for all who wait; so each owns what it needs.
impl Inside {
    async fn read(self: Arc<Self>, scope: Scope) -> Result<Arc<DataKeys>, Error> {
        Ok(Arc::new(self.store.data_keys(&scope.org, scope.purpose).await?))
    }

    /// Makes the first data key. Where another instance is quicker, its key is the one, and ours is dropped unused.
    async fn make(self: Arc<Self>, scope: Scope) -> Result<Arc<DataKeys>, Error> {
        let (key, wrapped) = self.kms.generate(&scope).await?;
        let name = hash(&wrapped);
        let (row, whose) = self.store.first_data_key(&scope.org, scope.purpose, wrapped).await?;
        if let Whose::Ours = whose {
            self.keys.keep((scope, name), Arc::new(key));
        }
        Ok(Arc::new(row))
    }

    async fn unwrap(self: Arc<Self>, scope: Scope, wrapped: Vec<u8>) -> Result<Arc<DataKey>, Error> {
        Ok(Arc::new(self.kms.unwrap(&scope, wrapped).await?))
    }
}
