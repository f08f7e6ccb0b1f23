//! A request as a provider file describes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::providers::template::{InvalidTemplate, Template};

/// A request template. One of `path` (behind `base_url`) and `url`; at most one of `json`, `form` and `body`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// `GET` if absent.
    #[serde(default)]
    pub method: Method,
    /// Behind the file's `base_url`.
    pub path: Option<Template>,
    /// The whole address.
    pub url: Option<Template>,
    /// Parameters of the URL.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
    /// Headers beyond those of the file.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// A JSON body.
    pub json: Option<Shape>,
    /// A form body.
    pub form: Option<BTreeMap<String, Template>>,
    /// What vouches for it.
    #[serde(default)]
    pub auth: CallAuth,
    /// The service that the `sign` hook signs it for.
    pub service: Option<String>,
}

/// HTTP methods that provider files use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "they are what they are called")]
pub enum Method {
    #[default]
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Method> for http::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
            Method::Put => Self::PUT,
            Method::Patch => Self::PATCH,
            Method::Delete => Self::DELETE,
        }
    }
}

/// What vouches for a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallAuth {
    /// The integration's credential, put in as its `apply` says.
    #[default]
    Credential,
    /// The OAuth client's id and secret as `Authorization: Basic`.
    Client,
    /// Nothing beyond what the templates put in themselves.
    None,
}

/// JSON with placeholders. A text that is one placeholder takes the value with its own type, and its key goes where
/// there is no such value.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub enum Shape {
    /// A text with placeholders.
    Text(Template),
    /// Stands as it is.
    Fixed(Value),
    /// A list.
    List(Vec<Shape>),
    /// An object.
    Map(Vec<(String, Shape)>),
}

impl TryFrom<Value> for Shape {
    type Error = InvalidTemplate;
    fn try_from(value: Value) -> Result<Self, InvalidTemplate> {
        Ok(match value {
            Value::String(text) => Self::Text(Template::try_from(text)?),
            Value::Array(list) => Self::List(list.into_iter().map(Self::try_from).collect::<Result<_, _>>()?),
            Value::Object(map) => Self::Map(
                map.into_iter().map(|(key, value)| Ok((key, Self::try_from(value)?))).collect::<Result<_, _>>()?,
            ),
            fixed => Self::Fixed(fixed),
        })
    }
}

impl Shape {
    /// The names of all its placeholders.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Text(template) => template.names().collect(),
            Self::Fixed(_) => Vec::new(),
            Self::List(list) => list.iter().flat_map(Self::names).collect(),
            Self::Map(map) => map.iter().flat_map(|(_, shape)| shape.names()).collect(),
        }
    }
}

impl Request {
    /// The names of all its placeholders.
    pub fn names(&self) -> Vec<&str> {
        let templates = self.path.iter().chain(&self.url).chain(self.query.values()).chain(self.headers.values());
        templates
            .chain(self.form.iter().flat_map(BTreeMap::values))
            .flat_map(Template::names)
            .chain(self.json.iter().flat_map(Shape::names))
            .collect()
    }
}
