//! The functions by name: which routes each has, and the one API that they make together.

use std::pin::Pin;

use axum::Router;
use serde_json::Value;
use shared::{app::App, http::layers};
use utoipa::openapi::{InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::aws::Handled;

/// A function that answers HTTP.
#[derive(Clone, Copy)]
pub struct Group {
    /// Its name: folder, binary and role.
    pub name: &'static str,
    /// Its table of contents.
    pub routes: fn() -> OpenApiRouter<App>,
}

/// Every function that answers HTTP.
pub const GROUPS: [Group; 4] = [
    Group { name: "auth", routes: auth::routes },
    Group { name: "integrations", routes: integrations::routes },
    Group { name: "oauth", routes: oauth::routes },
    Group { name: "console", routes: console::routes },
];

/// A function that answers schedules and queues.
#[derive(Clone, Copy)]
pub struct Job {
    /// Its name: folder, binary and role.
    pub name: &'static str,
    /// Answers one event.
    pub handle: fn(App, Value) -> Answering,
}

/// An event being answered.
pub type Answering = Pin<Box<dyn Future<Output = Handled> + Send>>;

/// Every function that answers other events.
pub const JOBS: [Job; 1] =
    [Job { name: "token-refresh", handle: |app, event| Box::pin(token_refresh::handle(app, event)) }];

/// All groups in one router with its OpenAPI document. A path that two groups claim panics here.
pub fn api() -> OpenApiRouter<App> {
    let merged = OpenApiRouter::with_openapi(document());
    GROUPS.iter().fold(merged, |merged, group| merged.merge((group.routes)()))
}

/// The OpenAPI document of all groups as it is exported, ending with a newline.
pub fn document_text() -> String {
    let document = api().into_openapi();
    // What utoipa makes is always JSON.
    document.to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

/// All groups as the server answers them, each with its own function's state and rights. `beside` is served too.
pub fn router(app: impl Fn(&str) -> App, beside: Router) -> Router {
    let merged = GROUPS.iter().fold(beside, |merged, group| {
        let (routes, _) = (group.routes)().split_for_parts();
        merged.merge(routes.with_state(app(group.name)))
    });
    layers::apply(merged, &app("console"))
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Postern")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Connects people's accounts at other services, keeps the tokens fresh, and lends them out."))
        .build();
    OpenApiBuilder::new().info(info).build()
}
