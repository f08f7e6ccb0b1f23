//! `integrations problematic`: connections that somebody should look at.

use serde_json::json;
use shared::{
    app::App,
    store::integrations::{Integration, Status},
};

use crate::{
    failure::Failure,
    output::{Ended, Output, counted},
};

/// From so many errors in a row on a connection counts as problematic.
const ERRORS: i64 = 3;

pub(crate) async fn problematic(app: &App, output: Output) -> Result<Ended, Failure> {
    let (mut place, mut looked, mut found) = (None, 0_u64, 0_u64);
    loop {
        let stretch = app.store.walk_integrations(place).await?;
        for integration in &stretch.found {
            looked += 1;
            let Some(why) = problem(app, integration) else { continue };
            found += 1;
            tell(output, integration, &why)?;
        }
        place = stretch.next;
        if place.is_none() {
            break;
        }
    }
    eprintln!("{found} of {} in trouble", counted(looked, "integration", "integrations"));
    Ok(Ended::well(found == 0))
}

/// What is wrong with it. A token that has ended is no trouble where a refresh token, or the credential that it was minted
/// by, renews it when somebody asks.
fn problem(app: &App, integration: &Integration) -> Option<String> {
    let ended = integration.is_token_expired(app.clock.now()) && !integration.is_refreshable();
    match integration.status {
        Status::Error => Some("the status is `error`".to_owned()),
        Status::Expired => Some("the token has ended, and its owner must connect again".to_owned()),
        Status::Revoked => Some("the provider takes it no more, and its owner must connect again".to_owned()),
        _ if ended => Some("the token has ended, and nothing renews it".to_owned()),
        _ if integration.error_count >= ERRORS => Some(format!("{} errors in a row", integration.error_count)),
        _ => None,
    }
}

fn tell(output: Output, integration: &Integration, why: &str) -> Result<(), Failure> {
    let owner = integration.tenant()?.owner().as_str().to_owned();
    let Integration { id, org, provider, label, .. } = integration;
    let line = json!({
        "id": id.as_str(), "organisation": org.as_str(), "owner": owner, "provider": provider, "label": label,
        "status": integration.status, "errorCount": integration.error_count, "lastError": integration.last_error,
        "tokenExpiry": integration.expires_at, "problem": why,
    });
    let last = integration.last_error.as_deref().map(|error| format!(" ({error})")).unwrap_or_default();
    output.line(&line, || format!("{provider} {label}  {id}  of {owner} in {org}: {why}{last}"))
}
