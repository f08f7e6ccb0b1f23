//! The vault that other products read: keys that people typed, by user, type and project; and what models were used for.
//!
//! A view of the same store as `integrations`: the type is the provider, the project is the label, the owner is a user or
//! the organisation. A type that no provider file describes is kept as well, and never sent anywhere.
//!
//! | operation | |
//! |---|---|
//! | `credentials.list` | a user's credentials, masked; one of them in the clear where the caller may have it |
//! | `credentials.create` | keeps a credential, sealed |
//! | `credentials.update` | replaces it, moves it to another project, names it, switches it off and on |
//! | `credentials.delete` | lets it go |
//! | `credentials.global` | the organisation's own of a type, in the clear, for service keys |
//! | `credentials.log_usage` | counts one use of a model |
//! | `credentials.usage_report` | the numbers by user, project and model |

mod create;
mod delete;
mod find;
mod global;
mod kept;
mod list;
mod log_usage;
mod reveal;
mod update;
mod usage_report;
mod view;
mod whose;

use shared::app::App;
use utoipa_axum::{router::OpenApiRouter, routes};

/// The group's operations.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list::handle, create::handle))
        .routes(routes!(update::handle, delete::handle))
        .routes(routes!(global::handle))
        .routes(routes!(log_usage::handle))
        .routes(routes!(usage_report::handle))
}
