//! The pages a person sees, and the few answers that say "here I am".
//!
//! Rendered on the server, without inline script or style; every page works by keyboard and reads without JavaScript.
//!
//! | operation | |
//! |---|---|
//! | `console.home` | `/`: connections for a person who is signed in, a welcome for others, JSON for programs |
//! | `console.api`, `console.health` | "here I am", and whether all is well |
//! | `console.sign_in_page`, `console.sign_in`, `console.sign_up_page`, `console.sign_up`, `console.sign_out` | accounts |
//! | `console.forgot_page`, `console.forgot`, `console.reset_page`, `console.reset` | a forgotten password |
//! | `console.verify_page`, `console.verify` | proving an address |
//! | `console.invitation_page`, `console.invitation` | accepting an invitation |
//! | `console.confirm` | asks before a parked handshake is finished |
//! | `console.asset` | style sheet, script and mark |

mod api;
mod asset;
mod confirm;
mod forgot;
mod forgot_page;
mod health;
mod home;
mod invitation;
mod invitation_page;
mod notice;
mod offer;
mod page;
mod reset;
mod reset_page;
mod sign_in;
mod sign_in_form;
mod sign_in_page;
mod sign_out;
mod sign_up;
mod sign_up_page;
mod verify;
mod verify_page;
mod wrong;

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
        .routes(routes!(forgot_page::handle, forgot::handle))
        .routes(routes!(reset_page::handle, reset::handle))
        .routes(routes!(verify_page::handle, verify::handle))
        .routes(routes!(invitation_page::handle, invitation::handle))
        .routes(routes!(confirm::handle))
        .routes(routes!(asset::handle))
}
