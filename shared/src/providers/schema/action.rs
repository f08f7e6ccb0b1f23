//! `[actions.*]`: calls by name, with what they take.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::Request;
use crate::providers::pointer::Pointer;

/// A call that people, workflows and models may make.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// One sentence, for forms and for models.
    pub summary: String,
    /// What to send; nothing where the `run` hook does it.
    pub request: Option<Request>,
    /// The `run` hook does it.
    #[serde(default)]
    pub run: bool,
    /// What it takes.
    #[serde(default)]
    pub input: Input,
    /// Where inputs go that no template names.
    pub inputs_to: Option<InputsTo>,
    /// The part of the answer that is of interest; all of it if absent.
    pub output: Option<Pointer>,
    /// Scopes that it needs.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Its answer is a list that goes on as `[pagination]` says.
    #[serde(default)]
    pub paginated: bool,
    /// Doing it twice is doing it once, so it may be retried. `GET` always is.
    #[serde(default)]
    pub idempotent: bool,
}

/// Where inputs go that no template names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InputsTo {
    /// Into the JSON body, beside what `json` says.
    Json,
    /// Into the form body, beside what `form` says.
    Form,
    /// Into the URL's parameters.
    Query,
}

/// What an action takes: an object in JSON Schema.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Input {
    /// Must be there.
    pub required: Vec<String>,
    /// All there are; others are refused.
    pub properties: BTreeMap<String, Property>,
}

impl Input {
    /// The schema as JSON Schema has it.
    pub fn json_schema(&self) -> Value {
        json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}

/// The part of JSON Schema that inputs need.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
#[expect(missing_docs, reason = "each keyword is JSON Schema's own")]
pub struct Property {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_items: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_items: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Property>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub required: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_properties: Option<bool>,
}

/// JSON's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
}
