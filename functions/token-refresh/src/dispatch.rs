//! Each minute: one look at each shard is asked for.

use shared::{app::App, queue};

use crate::Error;

/// Queues all shards. A queue that fails is told to Lambda, and the next minute asks again.
pub(crate) async fn tick(app: &App) -> Result<(), Error> {
    Ok(queue::look_at_all_shards(app).await?)
}
