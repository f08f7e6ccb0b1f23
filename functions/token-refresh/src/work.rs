//! One look at a shard: what of its integrations and timers is due.

use serde_json::{Value, json};
use shared::{app::App, observe};

use crate::{Error, event::Message, integrations, timers};

/// How long the function has, seconds: its timeout in the template.
const TIME: i64 = 60;

/// When this invocation ends. What might outlast it is not begun, and stays due.
#[derive(Clone)]
pub(crate) struct Deadline {
    app: App,
    at: i64,
}

impl Deadline {
    fn new(app: &App) -> Self {
        Self { app: app.clone(), at: app.clock.epoch() + TIME }
    }

    /// For who works outside an invocation, and has as long as it takes.
    fn none(app: &App) -> Self {
        Self { app: app.clone(), at: i64::MAX }
    }

    /// Whether there is time for what may take so many seconds.
    pub(crate) fn allows(&self, seconds: i64) -> bool {
        self.app.clock.epoch() + seconds <= self.at
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
        if let Err(error) = Box::pin(look(app, shard, &deadline)).await {
            // What is due stays due, and the next minute asks for this shard again. Given back to the queue, the message
            // would hold up its whole group until it turns visible.
            tracing::error!(shard, error = %error, "a shard was not looked at to the end");
            observe::count(app, "ShardTroubles", 1);
        }
    }
    json!({ "batchItemFailures": failed })
}

/// Both halves are tried, whatever becomes of the other.
async fn look(app: &App, shard: u64, deadline: &Deadline) -> Result<(), Error> {
    let (tokens, due) = tokio::join!(integrations::look(app, shard, deadline), timers::look(app, shard, deadline));
    tokens.and(due)
}

/// Looks after what of this shard's integrations is due, to the end, and leaves its timers alone.
pub(crate) async fn refresh(app: &App, shard: u64) -> Result<(), Error> {
    integrations::look(app, shard, &Deadline::none(app)).await
}
