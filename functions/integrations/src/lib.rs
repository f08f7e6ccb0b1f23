//! The connections of users to providers: what there is, whether it works, the token inside.
//!
//! One record, three views: D2's, D3's and D4's clients each find their own names (`view`).
//!
//! | operation | |
//! |---|---|
//! | `integrations.list` | the caller's integrations, as records |
//! | `integrations.status` | the same as a map by provider |
//! | `integrations.available` | what can be connected |
//! | `integrations.test` | does this credential work? |
//! | `integrations.save` | tests a typed credential, then keeps it |
//! | `integrations.show` | what is known of it, without its secret |
//! | `integrations.disconnect`, `integrations.delete` | lets it go, by provider or by id |
//! | `integrations.token` | a fresh access token, for a back end |
//! | `integrations.by_user`, `integrations.github_status`, `integrations.google_calendar_status` | D2's views |

mod available;
mod by_user;
mod credentials;
mod delete;
mod disconnect;
mod github_status;
mod google_calendar_status;
mod list;
mod save;
mod show;
mod status;
mod test;
mod token;
mod view;

use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The group's operations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::handle))
        .routes(routes!(status::handle))
        .routes(routes!(available::handle))
        .routes(routes!(test::handle))
        .routes(routes!(show::handle, save::handle, disconnect::handle))
        .routes(routes!(delete::handle))
        .routes(routes!(token::handle))
        .routes(routes!(by_user::handle))
        .routes(routes!(github_status::handle))
        .routes(routes!(google_calendar_status::handle))
}
