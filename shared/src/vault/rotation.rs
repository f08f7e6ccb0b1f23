//! What an operator does to data keys: add a version, move them to another customer key, retire old versions.
//!
//! Instances follow within five minutes, as long as they keep a data key. So: rotate; wait that long; seal again every row
//! whose [`Sealed::key_version`](super::Sealed::key_version) is older; and only when none is left, raise.

use super::{Error, Purpose, Vault, context::Scope};
use crate::id::OrgId;

impl Vault {
    /// Adds a version, with which everything is sealed from now on. Answers the current version: the new one, or that of
    /// somebody who rotated at the same time. None where the organisation has no such key yet.
    pub async fn rotate(&self, org: &OrgId, purpose: Purpose) -> Result<Option<u32>, Error> {
        let scope = Scope { org: org.clone(), purpose };
        let inside = &self.0;
        let row = inside.store.data_keys(org, purpose).await?;
        if row.is_empty() {
            return Ok(None);
        }
        let (_, wrapped) = inside.kms.generate(&scope).await?;
        let added = inside.store.next_data_key(org, purpose, row.current, wrapped).await?;
        inside.rows.forget(&scope);
        let current = if added { row.current + 1 } else { inside.store.data_keys(org, purpose).await?.current };
        Ok(Some(current))
    }

    /// Wraps with the first of the configured customer keys what another of them wraps now. Answers how many versions it
    /// moved; repeating it after a failure does what is left.
    pub async fn rewrap(&self, org: &OrgId, purpose: Purpose) -> Result<usize, Error> {
        let scope = Scope { org: org.clone(), purpose };
        let inside = &self.0;
        let row = inside.store.data_keys(org, purpose).await?;
        let mut moved = 0;
        for (version, old) in row.versions() {
            if let Some(new) = inside.kms.rewrap(&scope, old).await? {
                moved += usize::from(inside.store.rewrapped_data_key(org, purpose, version, old, new).await?);
            }
        }
        inside.rows.forget(&scope);
        Ok(moved)
    }

    /// Refuses, from now on, what was sealed with a version below `lowest`. False where that would lower it, or `lowest` is
    /// above the current version.
    pub async fn raise(&self, org: &OrgId, purpose: Purpose, lowest: u32) -> Result<bool, Error> {
        let raised = self.0.store.raise_data_keys(org, purpose, lowest).await?;
        self.0.rows.forget(&Scope { org: org.clone(), purpose });
        Ok(raised)
    }
}
