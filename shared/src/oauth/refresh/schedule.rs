//! What the schedule does with an integration whose time has come.
//!
//! A row leaves the index by its own commit or back-off. Where neither came about, it is put off here, so that one that
//! cannot be refreshed is not looked at each minute.

use super::{Error, due, renew, run};
use crate::{
    app::App,
    store::integrations::{Due, Integration},
};

/// Trouble of our own is waited out as long as that many failures of a provider's would be.
const OURS: i64 = 6;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookedAfter {
    /// It has new tokens.
    Renewed,
    /// It had ended, and now says so.
    Ended,
    /// It was not its time yet, nor needed.
    PutOff,
    /// It could not be refreshed; it comes up again.
    Failed,
}

/// Looks after an integration that the index calls due.
pub async fn look_after(app: &App, integration: &Integration, due: &Due) -> Result<LookedAfter, Error> {
    let now = app.clock.epoch();
    let later = match app.provider(&integration.provider) {
        Ok(provider) => {
            let last_used = integration.last_used_at.map(jiff::Timestamp::as_second);
            let (kind, all) = (integration.kind, app.config.outward.refresh_all);
            let grounds = due::Grounds { provider: &provider, kind, all, last_used };
            match due::span(&integration.view, &grounds, now) {
                Some((from, _)) if from <= now => return refreshed(app, integration, due, now).await,
                Some(_) => due::due_at(&integration.view, &grounds, now),
                None => None,
            }
        }
        // The file may come back.
        Err(_) => Some(due::retry_at(now, 8, None)),
    };
    app.store.integrations().postpone(integration, due, later).await?;
    Ok(LookedAfter::PutOff)
}

async fn refreshed(app: &App, integration: &Integration, due: &Due, now: i64) -> Result<LookedAfter, Error> {
    if !integration.view.refreshable {
        return match run::ended(app, integration.clone()).await {
            Err(error) if !matches!(error, Error::ReauthRequired { .. }) => Err(error),
            ended => {
                // One that said so already is put off for good; refused where the write above took it out.
                app.store.integrations().postpone(integration, due, None).await?;
                Ok(if ended.is_ok() { LookedAfter::PutOff } else { LookedAfter::Ended })
            }
        };
    }
    let result = renew(app, integration.clone()).await;
    if matches!(&result, Ok(row) if row.grant > integration.grant) {
        return Ok(LookedAfter::Renewed);
    }
    let uncertain_until = integration.view.expires_at.filter(|_| integration.view.intent.is_some());
    let told = match &result {
        Err(Error::Unavailable { retry_after, .. }) => Some(std::time::Duration::from_secs(*retry_after)),
        _ => None,
    };
    let later = match &result {
        // Only its owner can change that, and connecting puts it back.
        Err(Error::ReauthRequired { .. } | Error::NotConnected) => None,
        // What stands in the way is ours, and stands in the way of others as well; a reader tries at once all the same.
        Err(Error::Ours(_)) => Some(due::retry_at(now, OURS, None)),
        _ => Some(due::retry_at(now, 2, told).max(uncertain_until.unwrap_or_default())),
    };
    // Refused where the refresh has said itself when to come back.
    app.store.integrations().postpone(integration, due, later).await?;
    match result {
        Ok(_) | Err(Error::Unavailable { .. } | Error::ReauthRequired { .. } | Error::NotConnected) => {
            Ok(LookedAfter::Failed)
        }
        Err(error) => Err(error),
    }
}
