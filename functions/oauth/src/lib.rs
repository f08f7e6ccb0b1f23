//! Connecting accounts by OAuth: the handshake from its start to the stored integration.
//!
//! | operation | |
//! |---|---|
//! | `oauth.start` | begins a handshake; `connect/{type}` is the same by D3's name |
//! | `oauth.status` | how far it is, for the one who started it |
//! | `oauth.callback` | where the provider sends the browser; `/callback` is the same without the provider's name |
//! | `oauth.finish` | the front end hands code and state in |
//! | `oauth.github_initiate`, `oauth.github_callback`, `oauth.google_initiate` | the same by D2's names |
//! | `oauth.resume` | goes on with a parked handshake once its user is signed in |
//! | `oauth.confirm` | the user's yes or no on the confirm page |
//! | `oauth.create_link`, `oauth.show_link`, `oauth.confirm_link` | connect links, for an app's back end |
//! | `oauth.form_page`, `oauth.use_form` | what the console asks a person to type, and the form |
//! | `oauth.link_page`, `oauth.use_link` | a connect link's page, and its forms |

mod arrival;
mod browser;
mod callback;
mod confirm;
mod confirm_link;
mod create_link;
mod finish;
mod form_page;
mod github_callback;
mod github_initiate;
mod google_initiate;
mod link_form;
mod link_page;
mod link_view;
mod resume;
mod show_link;
mod start;
mod status;
mod typed_link;
mod use_form;
mod use_link;
mod way_back;

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
        .routes(routes!(callback::google))
        .routes(routes!(github_initiate::handle))
        .routes(routes!(github_callback::handle))
        .routes(routes!(google_initiate::handle))
        .routes(routes!(finish::handle))
        .routes(routes!(resume::handle))
        .routes(routes!(confirm::handle))
        .routes(routes!(create_link::handle))
        .routes(routes!(show_link::handle))
        .routes(routes!(confirm_link::handle))
        .routes(routes!(form_page::handle, use_form::handle))
        .routes(routes!(link_page::handle))
        .routes(routes!(use_link::handle))
}
