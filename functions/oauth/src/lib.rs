//! Connecting accounts by OAuth: the handshake from its start to the stored integration.
//!
//! | operation | |
//! |---|---|
//! | `oauth.start` | begins a handshake; `connect/{type}` is the same by D3's name |
//! | `oauth.status` | how far it is, for the one who started it |
//! | `oauth.callback` | where the provider sends the browser; `/callback` is the same without the provider's name |
//! | `oauth.finish` | the front end hands code and state in |
//! | `oauth.resume` | goes on with a parked handshake once its user is signed in |
//! | `oauth.confirm` | the user's yes or no on the confirm page |

mod browser;
mod callback;
mod confirm;
mod finish;
mod resume;
mod start;
mod status;

use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The group's operations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(start::handle))
        .routes(routes!(start::connect))
        .routes(routes!(status::handle))
        .routes(routes!(callback::handle))
        .routes(routes!(callback::forward))
        .routes(routes!(finish::handle))
        .routes(routes!(resume::handle))
        .routes(routes!(confirm::handle))
}
