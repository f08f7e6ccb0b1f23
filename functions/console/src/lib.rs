//! The pages a person sees, and the few answers that say "here I am".
//!
//! Rendered on the server, without inline script or style; every page works by keyboard and reads without JavaScript.
//!
//! | operation | |
//! |---|---|
//! | `console.home` | `/`: connections for a person who is signed in, a welcome for others, JSON for programs |
//! | `console.api`, `console.health` | "here I am", and whether all is well |
//! | `console.sign_in_page`, `console.sign_in`, `console.sign_up_page`, `console.sign_up`, `console.sign_out` | accounts |
//! | `console.confirm` | asks before a parked handshake is finished |
//! | `console.asset` | style sheet, script and mark |

mod api;
mod asset;
mod confirm;
mod health;
mod home;
mod page;
mod sign_in;
mod sign_in_page;
mod sign_out;
mod sign_up;
mod sign_up_page;

use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The group's operations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(home::handle))
        .routes(routes!(api::handle))
        .routes(routes!(health::handle))
        .routes(routes!(health::under_api))
        .routes(routes!(sign_in_page::handle, sign_in::handle))
        .routes(routes!(sign_up_page::handle, sign_up::handle))
        .routes(routes!(sign_out::handle))
        .routes(routes!(confirm::handle))
        .routes(routes!(asset::handle))
}
