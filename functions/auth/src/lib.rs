//! Placeholder.

use shared::app::App;
use utoipa_axum::router::OpenApiRouter;

/// Placeholder.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
}
