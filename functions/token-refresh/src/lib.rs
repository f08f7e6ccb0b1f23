//! Placeholder.

use shared::app::App;

/// Placeholder.
pub async fn handle(
    _: App,
    _: serde_json::Value,
) -> Result<serde_json::Value, Box<dyn std::error::Error + Send + Sync>> {
    Ok(serde_json::json!({ "batchItemFailures": [] }))
}
