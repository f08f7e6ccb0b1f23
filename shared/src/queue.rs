//! The queue of refresh shards: one message a shard and minute, in order within a shard.

use aws_sdk_sqs::error::DisplayErrorContext;

use crate::{app::App, store::integrations::due::SHARDS};

/// The queue did not take what was sent.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This function was deployed without the queue's address.
    #[error("REFRESH_QUEUE_URL is not set")]
    Unset,
    /// The queue failed.
    #[error("a shard was not queued: {0}")]
    Failed(String),
}

/// Asks for one look at each shard. Asking twice within the minute is asking once.
pub async fn look_at_all_shards(app: &App) -> Result<(), Error> {
    let url = app.config.cloud.refresh_queue_url.as_deref().ok_or(Error::Unset)?;
    let minute = app.clock.epoch() / 60;
    let sends = (0..SHARDS).map(|shard| {
        app.aws
            .sqs()
            .send_message()
            .queue_url(url)
            .message_group_id(shard.to_string())
            .message_deduplication_id(format!("{shard}-{minute}"))
            .message_body(format!("{{\"shard\":{shard}}}"))
            .send()
    });
    let sent = futures_util::future::join_all(sends).await;
    // All are tried before one failure is told.
    sent.into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::Failed(DisplayErrorContext(&error).to_string()))?;
    Ok(())
}
