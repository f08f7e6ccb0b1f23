//! The functions by name: which routes each has, and the one API that they make together.

use std::pin::Pin;

use axum::Router;
use serde_json::Value;
use shared::{
    app::App,
    http::{idempotency::rules, layers},
};
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
pub const GROUPS: [Group; 5] = [
    Group { name: "auth", routes: auth::routes },
    Group { name: "credentials", routes: credentials::routes },
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
pub const JOBS: [Job; 2] = [
    Job { name: "audit-sealer", handle: |app, event| Box::pin(audit_sealer::handle(app, event)) },
    Job { name: "token-refresh", handle: |app, event| Box::pin(token_refresh::handle(app, event)) },
];

/// All groups in one router with its OpenAPI document. A path that two groups claim panics here.
pub fn api() -> OpenApiRouter<App> {
    let merged = OpenApiRouter::with_openapi(document());
    let mut merged = GROUPS.iter().fold(merged, |merged, group| merged.merge((group.routes)()));
    rules::describe(merged.get_openapi_mut());
    merged
}

/// The OpenAPI document of all groups as it is exported, ending with a newline.
pub fn document_text() -> String {
    // What utoipa makes is always JSON.
    let mut document = serde_json::to_value(api().into_openapi()).unwrap_or_default();
    settle(&mut document);
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

/// Puts extensions last, in the order of their names: utoipa keeps several of one operation in no order at all.
fn settle(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let names: Vec<String> = members.keys().filter(|name| name.starts_with("x-")).cloned().collect();
            let mut loose: Vec<_> = names.iter().filter_map(|name| members.shift_remove_entry(name)).collect();
            loose.sort_by(|(one, _), (other, _)| one.cmp(other));
            members.extend(loose);
            members.values_mut().for_each(settle);
        }
        Value::Array(values) => values.iter_mut().for_each(settle),
        _ => {}
    }
}

/// All groups as the server answers them, each with its own function's state and rights. `beside` is served too.
pub fn router(app: impl Fn(&str) -> App, beside: Router) -> Router {
    let merged =
        GROUPS.iter().fold(beside, |merged, group| merged.merge(layers::group((group.routes)(), &app(group.name))));
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
