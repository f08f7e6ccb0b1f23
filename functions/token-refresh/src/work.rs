//! One look at a shard: what of its integrations and timers is due.

use std::time::Duration;

use serde_json::{Value, json};
use shared::app::App;

use crate::{Error, event::Message, integrations, revocations};

/// Nothing new is begun after so long: a refresh may take 25 seconds, and the function has 60.
const BEGIN_WITHIN: Duration = Duration::from_secs(25);

/// How long this invocation may still begin something.
#[derive(Clone)]
pub(crate) struct Deadline {
    app: App,
    at: i64,
}

impl Deadline {
    fn new(app: &App) -> Self {
        let seconds = i64::try_from(BEGIN_WITHIN.as_secs()).unwrap_or_default();
        Self { app: app.clone(), at: app.clock.epoch() + seconds }
    }

    pub(crate) fn passed(&self) -> bool {
        self.app.clock.epoch() >= self.at
    }
}

/// Looks at each shard, and tells which messages the queue is to bring again.
pub(crate) async fn shards(app: &App, messages: Vec<Message>) -> Value {
    let deadline = Deadline::new(app);
    let mut failed = Vec::new();
    for Message { id, shard } in messages {
        let Some(shard) = shard else {
            // It would fail each time: the queue keeps it with its dead letters.
            tracing::error!("a message names no shard");
            failed.push(json!({ "itemIdentifier": id }));
            continue;
        };
        if let Err(error) = look(app, shard, &deadline).await {
            tracing::warn!(shard, error = %error, "a shard was not looked at to the end");
            failed.push(json!({ "itemIdentifier": id }));
        }
    }
    json!({ "batchItemFailures": failed })
}

/// Both halves are tried, whatever becomes of the other.
async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let (tokens, timers) =
        tokio::join!(integrations::look(app, shard, deadline), revocations::look(app, shard, deadline));
    tokens.and(timers)
}
