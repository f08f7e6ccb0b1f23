//! The deployed shape of Postern, read from `template.yaml`: functions with their rights, tables, queues, keys, secrets.
//!
//! The one source of truth for what exists on AWS, so that the local server and the contract tests run on the same
//! tables, queues and policies. It only reads: nothing here creates anything, and a form that it does not know is an
//! error, never silently skipped where rights depend on it.

mod function;
mod identity;
mod policy;
mod resolve;
mod storage;
mod yaml;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use self::resolve::Scope;
pub use self::{
    function::{Event, Function, QueueEvent, ScheduleEvent},
    policy::{Condition, Effect, KeyStatement, Principal, Statement},
    storage::{Index, Key, Parameter, Queue, Redrive, Secret, Table},
};

/// Where the local cloud pretends to be.
pub const REGION: &str = "us-east-1";
/// The account that owns everything in the local cloud.
pub const ACCOUNT: &str = "000000000000";

/// Why a template could not be read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The text is not YAML.
    #[error("the template is not valid YAML: {0}")]
    Yaml(String),
    /// It says something this reader does not follow.
    #[error("{place}: {problem}")]
    Unknown {
        /// Logical id or section.
        place: String,
        /// What is wrong there.
        problem: String,
    },
}

/// Shorthand of this module.
pub(crate) type Result<T> = std::result::Result<T, TemplateError>;

pub(crate) fn unknown<T>(place: &str, problem: impl Into<String>) -> Result<T> {
    Err(TemplateError::Unknown { place: place.to_owned(), problem: problem.into() })
}

/// What a deployment would be told on its command line.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The stack's name, from which tables, queues and secrets take their prefix.
    pub stack: String,
    /// Values for the template's parameters; the rest keep their defaults.
    pub parameters: BTreeMap<String, String>,
}

impl Default for Deployment {
    fn default() -> Self {
        Self { stack: "postern".to_owned(), parameters: BTreeMap::new() }
    }
}

/// A template with every reference resolved for one deployment.
#[derive(Clone, Debug)]
pub struct Template {
    /// The stack's name.
    pub stack: String,
    /// The functions, each with the rights of its role.
    pub functions: Vec<Function>,
    /// `AWS::DynamoDB::Table`.
    pub tables: Vec<Table>,
    /// `AWS::SQS::Queue`.
    pub queues: Vec<Queue>,
    /// `AWS::KMS::Key` with the aliases that lead to it.
    pub keys: Vec<Key>,
    /// `AWS::SecretsManager::Secret`.
    pub secrets: Vec<Secret>,
    /// `AWS::SSM::Parameter`.
    pub parameters: Vec<Parameter>,
}

impl Template {
    /// Reads a template for the given deployment.
    pub fn parse(text: &str, deployment: &Deployment) -> Result<Self> {
        let document = yaml::parse(text)?;
        let scope = Scope::new(&document, deployment)?;
        Ok(Self {
            stack: deployment.stack.clone(),
            functions: function::read_all(&scope)?,
            tables: storage::tables(&scope)?,
            queues: storage::queues(&scope)?,
            keys: storage::keys(&scope)?,
            secrets: storage::secrets(&scope)?,
            parameters: storage::parameters(&scope)?,
        })
    }

    /// Reads the template of this house, which is built in.
    pub fn built_in(deployment: &Deployment) -> Result<Self> {
        Self::parse(include_str!("../../../../template.yaml"), deployment)
    }

    /// The function of this name (`token-refresh`).
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}

/// One resource with its intrinsics resolved.
pub(crate) struct Resource {
    pub(crate) id: String,
    pub(crate) properties: Map<String, Value>,
}

impl Resource {
    /// The text under a property, if it is there.
    pub(crate) fn text(&self, property: &str) -> Option<String> {
        self.properties.get(property).and_then(as_text)
    }

    /// The number under a property, whether written as a number or as text.
    pub(crate) fn number(&self, property: &str) -> Option<i64> {
        self.properties.get(property).and_then(as_number)
    }

    /// The list under a property; empty where it is missing.
    pub(crate) fn list(&self, property: &str) -> &[Value] {
        self.properties.get(property).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// CloudFormation takes numbers and truth values for text.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

pub(crate) fn as_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

pub(crate) fn as_bool(value: &Value) -> Option<bool> {
    value.as_bool().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests;
