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
//! | `integrations.disconnect_form` | the console's form that does so |
//! | `integrations.edit` | settings, metadata, name, synchronisation |
//! | `integrations.attach_token` | tokens that D2's front end got by itself |
//! | `integrations.catalog` | what can be connected, as D2's rows |
//! | `integrations.admin` | all of the organisation's, and those in trouble, for administrators |
//! | `integrations.token` | a fresh access token, for a back end |
//! | `integrations.send_email`, `integrations.test_email` | mails by the connected server, or the operator's |
//! | `integrations.by_user`, `integrations.github_status`, `integrations.google_calendar_status` | D2's views |

mod admin;
mod attach_token;
mod available;
mod by_user;
mod catalog;
mod credentials;
mod delete;
mod disconnect;
mod disconnect_form;
mod edit;
mod github_status;
mod google_calendar_status;
mod list;
mod save;
mod send_email;
mod sender;
mod show;
mod status;
mod test;
mod test_email;
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
        .routes(routes!(edit::handle, delete::handle))
        .routes(routes!(catalog::handle))
        .routes(routes!(admin::handle))
        .routes(routes!(attach_token::handle))
        .routes(routes!(disconnect::github))
        .routes(routes!(disconnect_form::handle))
        .routes(routes!(disconnect::google_calendar))
        .routes(routes!(disconnect::google_drive))
        .routes(routes!(google_calendar_status::google_drive))
        .routes(routes!(token::handle))
        .routes(routes!(by_user::handle))
        .routes(routes!(github_status::handle))
        .routes(routes!(google_calendar_status::handle))
        .routes(routes!(send_email::handle))
        .routes(routes!(test_email::handle))
}
