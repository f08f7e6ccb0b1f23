//! Every operation of the API, read from its OpenAPI document.

use std::{collections::BTreeMap, path::PathBuf};

use axum::http::Method;
use serde_json::Value;

/// One operation.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// With `{braces}`.
    pub(crate) path: String,
    /// `<group>.<action>`.
    pub(crate) id: String,
    /// The operation that this path is another name of.
    pub(crate) alias_of: Option<String>,
}

impl Operation {
    /// The group and the action.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.id.split_once('.').unwrap_or_else(|| panic!("{}: an operation is named <group>.<action>", self.id))
    }

    /// The path with something in the place of each parameter.
    pub(crate) fn filled(&self, values: &BTreeMap<&str, String>) -> String {
        let mut path = String::new();
        for segment in self.path.split('/').skip(1) {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let value = name.map_or(segment, |name| values.get(name).map_or("something", String::as_str));
            path.extend(["/", value]);
        }
        path
    }
}

/// All of them, in the document's order.
pub(crate) fn all() -> Vec<Operation> {
    let document = serde_json::to_value(local::functions::api().into_openapi()).unwrap();
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
            if !["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method.as_str()) {
                continue;
            }
            let text = |name: &str| operation.get(name).and_then(Value::as_str).map(str::to_owned);
            let id = text("operationId").unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            all.push(Operation { method, path: path.clone(), id, alias_of: text("x-alias-of") });
        }
    }
    all
}

/// The top of this repository.
pub(crate) fn root() -> PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
