//! What holds for all operations at once: the API document, where things lie, who may call, what the template grants.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod access;
mod errors;
mod grants;
mod idempotency;
mod layout;
mod openapi;
mod operations;
mod people;
mod policies;
mod roles;
mod routes;
mod settings;
mod template;

use local::template::{Deployment, Template};

/// The template as it would be deployed with its defaults.
fn deployed() -> Template {
    let text = include_str!("../../template.yaml");
    Template::parse(text, &Deployment::default()).expect("template.yaml is readable")
}
