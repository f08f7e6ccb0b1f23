//! Whether an integration works, as far as its use tells: errors counted, errors cleared.
//!
//! Refreshes count their own failures in the protocol's writes; what is counted here comes from tests and callers.

use super::{Integration, Integrations, Status, attribute as at, protocol};
use crate::{
    id::random_token,
    store::{
        Error, Written,
        expression::{Change, Condition, Write},
    },
};

/// How often a count looks again after somebody else has changed the row.
const ROUNDS: usize = 5;
/// From so many errors on an integration counts as problematic.
const PROBLEMATIC: i64 = 3;
/// A sentence of a provider's is kept up to here.
const LONGEST: usize = 300;

impl Integration {
    /// Whether somebody should look at it: in trouble, in trouble lately, or with a token that has ended.
    pub fn is_problematic(&self, now: jiff::Timestamp) -> bool {
        let trouble = matches!(self.status, Status::Error | Status::Expired | Status::Revoked);
        trouble || self.error_count >= PROBLEMATIC || self.is_token_expired(now)
    }
}

impl Integrations<'_> {
    /// One more error in a row: noted, counted, and from the fifth on the status is `error`. The sentence must hold no
    /// secret.
    pub async fn increment_error_count(&self, integration: &Integration, sentence: &str) -> Result<(), Error> {
        let sentence: String = sentence.chars().take(LONGEST).collect();
        let mut row = integration.clone();
        for _ in 0..ROUNDS {
            let write = counted(&row, &sentence, self.now());
            match self.apply(&row.key(), &write).await? {
                Written::Yes(_) | Written::No(None) => return Ok(()),
                Written::No(Some(found)) => row = Integration::of(found)?,
            }
            if row.view.disconnected || row.id != integration.id {
                return Ok(());
            }
        }
        // Many write at once; one count more or less does not matter then.
        Ok(())
    }

    /// It works: no error counts any more, and the status `error` is lifted. Revoked stays revoked.
    pub async fn reset_error_count(&self, integration: &Integration) -> Result<(), Error> {
        let clear = Change::new()
            .set(at::ERROR_COUNT, 0)
            .set(at::UPDATED_AT, self.now())
            .add(at::REV, 1)
            .remove(&[at::LAST_ERROR]);
        let same = Condition::Is(at::GRANT, integration.view.grant.into());
        let troubled = same.clone().and(Condition::Is(at::STATUS, Status::Error.as_str().into()));
        let lift = clear.clone().set(at::STATUS, Status::Active.as_str());
        if integration.view.status == Some(Status::Error)
            && let Written::Yes(_) = self.apply(&integration.key(), &Write::new(troubled, lift)).await?
        {
            return Ok(());
        }
        self.apply(&integration.key(), &Write::new(same, clear)).await.map(|_| ())
    }
}

fn counted(row: &Integration, sentence: &str, now: i64) -> Write {
    let (count, mark) = (row.error_count + 1, random_token());
    let mut change = Change::new()
        .set(at::REV, row.rev + 1)
        .set(at::ERROR_COUNT, count)
        .set(at::LAST_ERROR, sentence)
        .set(at::ERROR_MARK, mark.as_str())
        .set(at::UPDATED_AT, now);
    // As it stands in the row, whether it is switched on or not.
    let status = row.view.status;
    if count >= protocol::ERRORS && status == Some(Status::Active) {
        change = change.set(at::STATUS, Status::Error.as_str());
    }
    let mut seen = vec![
        Condition::Is(at::REV, row.rev.into()),
        Condition::Is(at::GRANT, row.view.grant.into()),
        Condition::Absent(at::DISCONNECTED_AT),
    ];
    seen.extend(status.map(|status| Condition::Is(at::STATUS, status.as_str().into())));
    // Another's error may read the same.
    Write::new(Condition::All(seen), change).landed(Condition::Is(at::ERROR_MARK, mark.into()))
}
