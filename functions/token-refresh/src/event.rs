//! The two kinds of event, read.

use serde::Deserialize;
use serde_json::Value;

/// What happened.
pub(crate) enum Event {
    /// A minute has passed.
    Tick,
    /// Shards to look at.
    Shards(Vec<Message>),
}

/// A message of the queue.
pub(crate) struct Message {
    /// Names it in the answer.
    pub(crate) id: String,
    /// Which shard; none where the message is not one of ours.
    pub(crate) shard: Option<u64>,
}

#[derive(Deserialize)]
struct Batch {
    #[serde(rename = "Records")]
    records: Vec<Record>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    message_id: String,
    body: String,
}

#[derive(Deserialize)]
struct Body {
    shard: u64,
}

impl Event {
    pub(crate) fn read(event: Value) -> Result<Self, serde_json::Error> {
        if event.get("Records").is_none() {
            return Ok(Self::Tick);
        }
        let batch: Batch = serde_json::from_value(event)?;
        let message = |record: Record| Message {
            shard: serde_json::from_str::<Body>(&record.body).ok().map(|body| body.shard),
            id: record.message_id,
        };
        Ok(Self::Shards(batch.records.into_iter().map(message).collect()))
    }
}
