//! What an operation does with an `Idempotency-Key`, by its own document; and the same put into the document.
//!
//! An operation that takes a sign-in and changes something honours the header. Its answer is kept only where the
//! operation says `x-idempotency: replayed`: one that shows a token, a key or an address that serves as one says nothing,
//! nor does one that nobody thought of, and both are safe.

use axum::http::Method;
use serde_json::json;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder,
    extensions::ExtensionsBuilder,
    path::{Operation, ParameterBuilder, ParameterIn, PathItem},
    schema::Type,
};

use super::header;

/// Where an operation says it.
const MARK: &str = "x-idempotency";
/// What it says.
const REPLAYED: &str = "replayed";
/// What the document says of the others.
const ONCE: &str = "once";

/// What becomes of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It is kept for a day, and given again.
    Replayed,
    /// It is not kept: sent again, the call is refused.
    Once,
}

/// The operations that honour the header.
#[derive(Debug)]
pub struct Rules(Vec<(Method, String, Rule)>);

impl Rules {
    /// Reads them off the document of a group.
    pub fn read(document: &OpenApi) -> Self {
        let mut all = Vec::new();
        for (path, item) in &document.paths.paths {
            for (method, operation) in unsafe_ones(item) {
                all.extend(rule(operation).map(|rule| (method, path.clone(), rule)));
            }
        }
        Self(all)
    }

    /// The rule for a path's template.
    pub fn of(&self, method: &Method, path: &str) -> Option<Rule> {
        let mut all = self.0.iter();
        all.find(|(verb, template, _)| verb == method && template == path).map(|(.., rule)| *rule)
    }
}

fn unsafe_ones(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// None for what nobody signs in for: there is nobody to whom a key could belong.
fn rule(operation: &Operation) -> Option<Rule> {
    let signed_in = operation.security.as_ref().is_some_and(|ways| !ways.is_empty());
    let said = operation.extensions.as_ref().and_then(|extensions| extensions.get(MARK));
    signed_in.then(|| if said == Some(&json!(REPLAYED)) { Rule::Replayed } else { Rule::Once })
}

/// Puts the header and its answers into the document of each operation that honours it.
pub fn describe(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten() {
            if let Some(rule) = rule(operation) {
                tell(operation, rule);
            }
        }
    }
}

fn tell(operation: &mut Operation, rule: Rule) {
    let (word, description) = match rule {
        Rule::Replayed => (REPLAYED, "Names this call. Sent again within 24 hours it gets the first success's answer"),
        Rule::Once => (ONCE, "Names this call. Sent again within 24 hours it is refused: the answer is not kept"),
    };
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    let parameter = ParameterBuilder::new()
        .name(header::NAME)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(text));
    operation.parameters.get_or_insert_default().push(RefOr::T(parameter.build()));
    let mark = ExtensionsBuilder::new().add(MARK, word).build();
    match &mut operation.extensions {
        Some(extensions) => extensions.merge(mark),
        none => *none = Some(mark),
    }
    let running = "the first call with this idempotency key is running, or its answer is not kept";
    let responses = &mut operation.responses.responses;
    if let Some(RefOr::T(conflict)) = responses.get_mut("409") {
        let told = std::mem::take(&mut conflict.description);
        conflict.description = if told.is_empty() { capital(running) } else { format!("{told}; or {running}") };
    } else {
        responses.insert("409".to_owned(), problem(&capital(running)));
    }
    responses.insert("422".to_owned(), problem("The idempotency key was used for another call"));
}

fn problem(description: &str) -> RefOr<Response> {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    RefOr::T(ResponseBuilder::new().description(description).content("application/problem+json", body).build())
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
