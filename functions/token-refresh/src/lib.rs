//! Keeps tokens fresh that nobody is asking for at this moment, gives back those of ended connections, and does what was
//! put down to be done after an answer: mails, and clearing out behind somebody who is gone.
//!
//! Two kinds of event. Each minute a schedule asks for one look at each shard ([`dispatch`]); the queue hands the shards to
//! workers ([`work`]), in order within a shard, so that no two work on the same one. What is not finished stays due.

mod dispatch;
mod errands;
mod event;
mod integrations;
mod line;
mod timers;
mod work;

use serde_json::{Value, json};
use shared::app::App;

use event::Event;

/// What Lambda is told when an event could not be answered.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// Answers one event.
pub async fn handle(app: App, event: Value) -> Result<Value, Error> {
    match Event::read(event)? {
        Event::Tick => dispatch::tick(&app).await.map(|()| json!({})),
        Event::Shards(messages) => Ok(work::shards(&app, messages).await),
    }
}

/// Refreshes what is due of this shard. Errands are left to the function: they write mails, and whoever else calls this may
/// have no mail server.
pub async fn refresh_due(app: &App, shard: u64) -> Result<(), Error> {
    Box::pin(work::refresh(app, shard)).await
}
