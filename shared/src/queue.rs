//! The queue of refresh shards: one message a shard and minute, in order within a shard.

use crate::{
    app::App,
    aws::reason,
    id::random_token,
    store::{errands::Errand, integrations::due::SHARDS},
};

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
    sent.into_iter().collect::<Result<Vec<_>, _>>().map_err(|error| Error::Failed(reason(&error)))?;
    Ok(())
}

/// Asks for a look at the shard where an errand stands, so that it does not wait for the next minute. It would be found
/// then; so a queue that fails is only written down.
pub async fn look_after(app: &App, errand: &Errand) {
    let Some(url) = app.config.cloud.refresh_queue_url.as_deref() else { return };
    let shard = errand.shard();
    let send = app.aws.sqs().send_message().queue_url(url).message_group_id(shard.to_string());
    let send = send.message_deduplication_id(random_token()).message_body(format!("{{\"shard\":{shard}}}"));
    if let Err(error) = send.send().await {
        tracing::warn!(error = %reason(&error), "an errand waits for the next minute");
    }
}
