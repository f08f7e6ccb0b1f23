//! Turns a request template and values into an HTTP request. It sends nothing.
//!
//! A value can change neither the host, nor the path's depth, nor add a header: each is encoded for its position or
//! refused. Errors name placeholders, never values.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};

use super::{
    Provider, address,
    said::Sent,
    schema::{Apply, CallAuth, InputsTo, Request, Shape},
    template::Template,
    values::Values,
};
use crate::secret::Secret;

/// A request to send, and what must be struck out of the answer's messages.
pub struct Call {
    /// Ready to be sent. Its address may hold a secret (Telegram): never log it.
    pub request: http::Request<Bytes>,
    /// The secrets in it.
    pub sent: Sent,
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
    let named: BTreeSet<&str> = action.request.names().into_iter().collect();
    let loose = declared.properties.keys().map(String::as_str).filter(|name| !named.contains(name));
    let optional = declared.properties.keys().map(String::as_str).filter(|name| !values.has(name)).collect();
    let loose = loose.filter(|name| values.has(name)).collect();
    render(provider, &action.request, &values, &Inputs { optional, loose, to: action.inputs_to })
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
    let base = provider.file().base_url.as_ref();
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
    if template.auth == CallAuth::Client {
        let (id, secret) = (values.text("client_id")?, values.get_secret("client_secret"));
        let secret = secret.ok_or_else(|| RenderError::Missing("client_secret".to_owned()))?;
        headers.insert(header::AUTHORIZATION, basic(&id, secret)?);
    }
    let mut request = http::Request::new(body);
    *request.method_mut() = template.method.into();
    *request.uri_mut() = url.as_str().parse().map_err(|_| RenderError::NotAnAddress)?;
    *request.headers_mut() = headers;
    Ok(Call { request, sent: Sent::all(values) })
}

/// How the credential among `values` goes into the request.
fn applied(provider: &Provider, auth: CallAuth, values: &Values) -> Result<Apply, RenderError> {
    if auth != CallAuth::Credential {
        return Ok(Apply::default());
    }
    let auth = &provider.file().auth;
    if let Some(oauth2) = auth.oauth2.as_ref().filter(|_| values.has("access_token")) {
        return Ok(oauth2.apply.clone().unwrap_or_else(bearer));
    }
    match &auth.api_key {
        Some(key) if key.fields.keys().any(|name| values.has(name)) => Ok(key.apply.clone().unwrap_or_default()),
        _ => Err(RenderError::NoCredential),
    }
}

fn bearer() -> Apply {
    let template = Template::parse("Bearer {access_token}").ok();
    let headers = template.map(|template| ("Authorization".to_owned(), template));
    Apply { headers: headers.into_iter().collect(), query: BTreeMap::new() }
}

/// `Authorization: Basic` as RFC 6749 section 2.3.1 wants it: both parts form-encoded first.
pub(crate) fn basic(id: &str, secret: &Secret<String>) -> Result<HeaderValue, RenderError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encode(id), encode(secret.expose())));
    sensitive("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(pair.expose())))
}

fn sensitive(name: &str, value: &str) -> Result<HeaderValue, RenderError> {
    // Other bytes are allowed by the letter, and read differently by every server.
    let fit = value.bytes().all(|b| matches!(b, b' '..=b'~'));
    let value = Some(value).filter(|_| fit).and_then(|value| HeaderValue::from_str(value).ok());
    let mut value = value.ok_or_else(|| RenderError::BadHeader(name.to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sets a header, whatever stood there. Line breaks and other controls in a value are refused.
pub(crate) fn put(
    headers: &mut HeaderMap,
    name: &str,
    template: &Template,
    values: &Values,
) -> Result<(), RenderError> {
    let bad = || RenderError::BadHeader(name.to_owned());
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
    let mut value = sensitive(name, &template.fill(values)?)?;
    value.set_sensitive(template.names().any(|name| values.get_secret(name).is_some()));
    headers.insert(key, value);
    Ok(())
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
