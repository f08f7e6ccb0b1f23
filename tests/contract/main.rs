//! Promises that hold between files: the template, the settings, the routes.

mod routes;
mod template;

use local::template::{Deployment, Template};

/// The template as it would be deployed with its defaults.
fn deployed() -> Template {
    let text = include_str!("../../template.yaml");
    Template::parse(text, &Deployment::default()).unwrap_or_else(|error| panic!("template.yaml: {error}"))
}
