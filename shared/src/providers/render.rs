//! Turns a request template and values into an HTTP request. It sends nothing.
//!
//! A value can change neither the host, nor the path's depth, nor add a header: each is encoded for its position or
//! refused. Errors name placeholders, never values.

mod headers;

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Map, Value};

use super::{
    Provider, address,
    credentials::InvalidField,
    said::Sent,
    schema::{Apply, CallAuth, InputsTo, Request, Shape},
    template::Template,
    values::Values,
};
use headers::plain_basic;
pub(crate) use headers::{basic, put};

/// A request to send, and what must be struck out of the answer's messages.
pub struct Call {
    /// Ready to be sent. Its address may hold a secret (Telegram): never log it.
    pub request: http::Request<Bytes>,
    /// The secrets in it.
    pub sent: Sent,
    /// What it is to be signed for.
    pub service: Option<String>,
}

/// Why a template could not be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself")]
pub enum RenderError {
    #[error("`{0}` is missing")]
    Missing(String),
    #[error("`{0}` must be a text or a number here")]
    NotText(String),
    #[error("`{0}` must be one DNS label: letters, digits and inner hyphens")]
    BadLabel(String),
    #[error("`{0}` must be an https address without parameters")]
    BadBase(String),
    #[error("`{0}` must not be empty, `.` or `..` in a path")]
    BadSegment(String),
    #[error("the value of header `{0}` has characters that a header cannot hold")]
    BadHeader(String),
    #[error("the address does not hold together")]
    NotAnAddress,
    #[error("`{0}` is not one of the provider's hosts")]
    ForeignHost(String),
    #[error("there is no input `{0}`")]
    UnknownInput(String),
    #[error("there is no action `{0}`")]
    UnknownAction(String),
    #[error("the provider has no `{0}`")]
    Unsupported(&'static str),
    #[error("no credential was given")]
    NoCredential,
    #[error(transparent)]
    Typed(#[from] InvalidField),
}

/// Fills in what a test tells. A fact that is not known takes its key along; `true` and `false` are truth values.
pub fn test_data(provider: &Provider, facts: &Values) -> Result<Option<Value>, RenderError> {
    let Some(shape) = &provider.file().test_data else { return Ok(None) };
    let missing = shape.names().into_iter().filter(|name| !facts.has(name)).collect();
    let data = shaped(shape, facts, &Inputs { optional: missing, ..Inputs::default() })?;
    Ok(data.map(|data| match data {
        Value::Object(map) => Value::Object(map.into_iter().map(|(name, value)| (name, truth(value))).collect()),
        other => other,
    }))
}

fn truth(value: Value) -> Value {
    match value.as_str() {
        Some("true") => Value::Bool(true),
        Some("false") => Value::Bool(false),
        _ => value,
    }
}

/// Fills in a request of the provider's file. All placeholders must have values.
pub(super) fn request(provider: &Provider, template: &Request, values: &Values) -> Result<Call, RenderError> {
    render(provider, template, values, &Inputs::default())
}

/// Fills in an action. `inputs` are checked for names only; their types are JSON Schema's affair.
pub fn action(
    provider: &Provider,
    name: &str,
    inputs: &Map<String, Value>,
    credential: &Values,
) -> Result<Call, RenderError> {
    let action = provider.file().actions.get(name).ok_or_else(|| RenderError::UnknownAction(name.to_owned()))?;
    let declared = &action.input;
    if let Some(unknown) = inputs.keys().find(|key| !declared.properties.contains_key(*key)) {
        return Err(RenderError::UnknownInput(unknown.clone()));
    }
    let present = |name: &String| inputs.get(name).is_some_and(|value| !value.is_null());
    if let Some(missing) = declared.required.iter().find(|name| !present(name)) {
        return Err(RenderError::Missing(missing.clone()));
    }
    let mut values = credential.clone();
    for (name, property) in &declared.properties {
        if let Some(value) = inputs.get(name).filter(|value| !value.is_null()).or(property.default.as_ref()) {
            values = values.plain(name, value.clone());
        }
    }
    let request = action.request.as_ref().ok_or(RenderError::Unsupported("request"))?;
    let named: BTreeSet<&str> = request.names().into_iter().collect();
    let loose = declared.properties.keys().map(String::as_str).filter(|name| !named.contains(name));
    let optional = declared.properties.keys().map(String::as_str).filter(|name| !values.has(name)).collect();
    let loose = loose.filter(|name| values.has(name)).collect();
    render(provider, request, &values, &Inputs { optional, loose, to: action.inputs_to })
}

/// What an action adds to a plain request: names that may be missing, and names that no template uses.
#[derive(Clone, Default)]
struct Inputs<'a> {
    optional: BTreeSet<&'a str>,
    loose: BTreeSet<&'a str>,
    to: Option<InputsTo>,
}

impl<'a> Inputs<'a> {
    /// With the parts of an API key that may be left out, and were.
    fn beside(&self, provider: &'a Provider, values: &Values) -> Self {
        let mut inputs = self.clone();
        let parts = provider.api_key().into_iter().flat_map(|key| &key.fields);
        let left_out = parts.filter(|(name, part)| part.optional && !values.has(name));
        inputs.optional.extend(left_out.map(|(name, _)| name.as_str()));
        inputs
    }
}

fn render<'a>(
    provider: &'a Provider,
    template: &Request,
    values: &Values,
    inputs: &Inputs<'a>,
) -> Result<Call, RenderError> {
    let inputs = &inputs.beside(provider, values);
    let apply = applied(provider, template.auth, values)?;
    let mut query = texts(&template.query, values, inputs)?;
    query.extend(texts(&apply.query, values, inputs)?);
    if inputs.to == Some(InputsTo::Query) {
        query.extend(loose(values, inputs)?);
    }
    let base = provider.base_url(values);
    let templates: Vec<&Template> = match (&template.url, &template.path) {
        (Some(url), _) => vec![url],
        (None, path) => base.into_iter().chain(path).collect(),
    };
    let url = address::build(provider, &templates, query, values)?;

    let mut headers = HeaderMap::new();
    let body = body(template, values, inputs, &mut headers)?;
    for (name, template) in provider.file().headers.iter().chain(&template.headers).chain(&apply.headers) {
        if !lacks(template, values, inputs) {
            put(&mut headers, name, template, values)?;
        }
    }
    if let Some(basic) = &apply.basic {
        headers.insert(header::AUTHORIZATION, plain_basic(basic, values)?);
    }
    if template.auth == CallAuth::Client {
        let (id, secret) = (values.text("client_id")?, values.get_secret("client_secret"));
        let secret = secret.ok_or_else(|| RenderError::Missing("client_secret".to_owned()))?;
        headers.insert(header::AUTHORIZATION, basic(&id, secret)?);
    }
    let mut request = http::Request::new(body);
    *request.method_mut() = template.method.into();
    *request.uri_mut() = url.as_str().parse().map_err(|_| RenderError::NotAnAddress)?;
    *request.headers_mut() = headers;
    Ok(Call { request, sent: Sent::all(values), service: template.service.clone() })
}

/// How the credential among `values` goes into the request.
fn applied(provider: &Provider, auth: CallAuth, values: &Values) -> Result<Apply, RenderError> {
    if auth != CallAuth::Credential {
        return Ok(Apply::default());
    }
    if let Some(key) = provider.key_of(values) {
        return Ok(key.apply.clone().unwrap_or_default());
    }
    let auth = &provider.file().auth;
    if values.has("access_token") && auth.session.is_some() {
        // Its parts sign.
        return Ok(Apply::default());
    }
    if values.has("access_token") && provider.gives_tokens() {
        let own = auth.oauth2.as_ref().and_then(|oauth2| oauth2.apply.clone());
        return Ok(own.unwrap_or_else(bearer));
    }
    Err(RenderError::NoCredential)
}

fn bearer() -> Apply {
    let template = Template::parse("Bearer {access_token}").ok();
    let headers = template.map(|template| ("Authorization".to_owned(), template));
    Apply { headers: headers.into_iter().collect(), ..Apply::default() }
}

/// Is one of its inputs left out, so that the whole entry goes?
fn lacks(template: &Template, values: &Values, inputs: &Inputs<'_>) -> bool {
    template.names().any(|name| inputs.optional.contains(name) && !values.has(name))
}

fn texts<'t>(
    templates: &'t BTreeMap<String, Template>,
    values: &Values,
    inputs: &Inputs<'_>,
) -> Result<Vec<(&'t str, String)>, RenderError> {
    let kept = templates.iter().filter(|(_, template)| !lacks(template, values, inputs));
    kept.map(|(name, template)| Ok((name.as_str(), template.fill(values)?))).collect()
}

fn loose<'i>(values: &Values, inputs: &Inputs<'i>) -> Result<Vec<(&'i str, String)>, RenderError> {
    inputs.loose.iter().map(|name| Ok((*name, values.text(name)?.into_owned()))).collect()
}

fn body(
    template: &Request,
    values: &Values,
    inputs: &Inputs<'_>,
    headers: &mut HeaderMap,
) -> Result<Bytes, RenderError> {
    if template.json.is_some() || inputs.to == Some(InputsTo::Json) {
        let shaped = template.json.as_ref().map(|shape| shaped(shape, values, inputs)).transpose()?.flatten();
        let mut json = shaped.unwrap_or_else(|| Value::Object(Map::new()));
        if let (Some(InputsTo::Json), Some(map)) = (inputs.to, json.as_object_mut()) {
            for name in &inputs.loose {
                map.insert((*name).to_owned(), values.json(name)?);
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(Bytes::from(json.to_string()));
    }
    if template.form.is_some() || inputs.to == Some(InputsTo::Form) {
        let mut pairs = template.form.as_ref().map_or(Ok(Vec::new()), |form| texts(form, values, inputs))?;
        if inputs.to == Some(InputsTo::Form) {
            pairs.extend(loose(values, inputs)?);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        return Ok(form(pairs));
    }
    Ok(Bytes::new())
}

/// Pairs as a form body.
pub(crate) fn form(pairs: impl IntoIterator<Item = (impl AsRef<str>, impl AsRef<str>)>) -> Bytes {
    Bytes::from(form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

/// The JSON of a shape; none where it is an input that was left out.
fn shaped(shape: &Shape, values: &Values, inputs: &Inputs<'_>) -> Result<Option<Value>, RenderError> {
    Ok(Some(match shape {
        Shape::Text(template) if lacks(template, values, inputs) => return Ok(None),
        Shape::Text(template) => match template.sole_slot() {
            Some(name) => values.json(name)?,
            None => Value::String(template.fill(values)?),
        },
        Shape::Fixed(value) => value.clone(),
        Shape::List(list) => {
            let elements = list.iter().filter_map(|shape| shaped(shape, values, inputs).transpose());
            Value::Array(elements.collect::<Result<_, _>>()?)
        }
        Shape::Map(map) => {
            let entry = |(key, shape): &(String, Shape)| {
                shaped(shape, values, inputs).transpose().map(|value| Ok((key.clone(), value?)))
            };
            Value::Object(map.iter().filter_map(entry).collect::<Result<_, RenderError>>()?)
        }
    }))
}
