//! Closes the days of the audit trail: chains what was written, and signs what it comes to.
//!
//! It is the only function that may sign, and the only one that may write seals; what it may do with the trail itself is
//! to read it. Each tick of its schedule closes what is to be closed; what it does not finish, the next one does.

use std::time::Duration;

use serde_json::{Value, json};
use shared::{app::App, audit::seal, observe};

/// What Lambda is told when a run failed.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Nothing new is begun after so long: the function has five minutes.
const BEGIN_WITHIN: Duration = Duration::from_mins(4);

/// A run closes a day, or two where the one before failed.
const AS_A_RULE: u64 = 2;

/// Answers one tick.
pub async fn handle(app: App, _event: Value) -> Result<Value, Error> {
    let until = app.clock.now() + BEGIN_WITHIN;
    let done = seal::run(&app, || app.clock.now() < until).await?;
    if done.seals > 0 {
        observe::count(&app, "AuditSeals", u32::try_from(done.seals).unwrap_or(u32::MAX));
    }
    if done.malformed > 0 {
        observe::count(&app, "AuditMalformed", u32::try_from(done.malformed).unwrap_or(u32::MAX));
    }
    if done.days > AS_A_RULE {
        // After an outage this is in order. Otherwise somebody has deleted seals, and had them made anew over other entries.
        let days = done.days;
        tracing::error!(alarm = "audit_caught_up", days, "several days were closed at once: look why they had no seal");
    }
    if done.unfinished {
        tracing::warn!(seals = done.seals, "the time was over before every day was sealed; the next run goes on");
    }
    Ok(json!({ "days": done.days, "seals": done.seals, "unfinished": done.unfinished }))
}
