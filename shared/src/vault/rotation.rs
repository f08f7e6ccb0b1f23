//! What an operator does to data keys: add a version, move them to another customer key, retire old versions.
//!
//! Instances follow within five minutes, as long as they keep a data key. So: rotate; wait that long; seal again every row
//! whose [`Sealed::key_version`](super::Sealed::key_version) is older; and only when none is left, raise. The row of the
//! data key remembers that a rotation is under way, so that one that was cut short is gone on with, not begun again.

use super::{Error, Place, Purpose, Ready, Sealed, Vault, context::Scope, data_key::Rewrapped};
use crate::id::OrgId;

/// A rotation whose values are to be sealed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The version that seals now.
    pub current: u32,
    /// Whether an earlier run had begun it.
    pub resumed: bool,
}

/// What a move to another customer key came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Move {
    /// How many versions were wrapped anew.
    pub moved: usize,
    /// The versions that none of the configured customer keys wraps.
    pub elsewhere: Vec<u32>,
}

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

    /// Wraps with the first of the configured customer keys what another of them wraps now; repeating it after a failure
    /// does what is left.
    pub async fn rewrap(&self, org: &OrgId, purpose: Purpose) -> Result<Move, Error> {
        let scope = Scope { org: org.clone(), purpose };
        let inside = &self.0;
        let row = inside.store.data_keys(org, purpose).await?;
        let mut done = Move::default();
        for (version, old) in row.versions() {
            match inside.kms.rewrap(&scope, old).await? {
                Rewrapped::AsItShould => {}
                Rewrapped::Anew(new) => {
                    done.moved += usize::from(inside.store.rewrapped_data_key(org, purpose, version, old, new).await?);
                }
                Rewrapped::Elsewhere => done.elsewhere.push(version),
            }
        }
        inside.rows.forget(&scope);
        Ok(done)
    }

    /// Refuses, from now on, what was sealed with a version below `lowest`. False where that would lower it, or `lowest` is
    /// above the current version.
    pub async fn raise(&self, org: &OrgId, purpose: Purpose, lowest: u32) -> Result<bool, Error> {
        let raised = self.0.store.raise_data_keys(org, purpose, lowest).await?;
        self.0.rows.forget(&Scope { org: org.clone(), purpose });
        Ok(raised)
    }

    /// Adds a version, unless an earlier rotation is still under way: then that one is to be gone on with. None where the
    /// organisation has no such key yet.
    pub async fn begin_rotation(&self, org: &OrgId, purpose: Purpose) -> Result<Option<Rotation>, Error> {
        let row = self.0.store.data_keys(org, purpose).await?;
        self.0.rows.forget(&Scope { org: org.clone(), purpose });
        if row.unfinished {
            return Ok(Some(Rotation { current: row.current, resumed: true }));
        }
        let current = self.rotate(org, purpose).await?;
        Ok(current.map(|current| Rotation { current, resumed: false }))
    }

    /// Notes that a rotation's values have been sealed again. False where a newer version was added meanwhile.
    pub async fn finish_rotation(&self, org: &OrgId, purpose: Purpose, current: u32) -> Result<bool, Error> {
        Ok(self.0.store.finish_rotation(org, purpose, current).await?)
    }

    /// The same value under the current version; none where it is that already. It never makes a key: what was shredded
    /// stays [`Error::NoKey`].
    pub async fn reseal(&self, place: &Place<'_>, sealed: &Sealed) -> Result<Option<Sealed>, Error> {
        let (scope, version) = (place.scope(), sealed.parts()?.version);
        let row = self.0.rows.get(&scope, || self.0.clone().read(scope.clone())).await?;
        if row.is_empty() {
            return Err(Error::NoKey { version });
        }
        if version >= row.current {
            return Ok(None);
        }
        let clear = self.clear(place, sealed).await?;
        let key = self.key(&scope, &row, row.current).await?;
        Ready { scope, version: row.current, key }.seal(place, &clear).map(Some)
    }

    /// Deletes an organisation's data keys: nothing that was sealed with them ever opens again, save for what instances hold
    /// in memory for five minutes, and backups of the table. Answers which there were.
    pub async fn shred(&self, org: &OrgId) -> Result<Vec<Purpose>, Error> {
        let mut gone = Vec::new();
        for purpose in Purpose::ALL {
            if self.0.store.forget_data_keys(org, purpose).await? {
                gone.push(purpose);
            }
            let scope = Scope { org: org.clone(), purpose };
            self.0.rows.forget(&scope);
        }
        Ok(gone)
    }
}
