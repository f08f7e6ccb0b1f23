//! Header values: what a header cannot hold is refused, and what came of a secret is marked as one.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::RenderError;
use crate::{
    providers::{schema::Basic, template::Template, values::Values},
    secret::Secret,
};

/// `Authorization: Basic` as RFC 6749 section 2.3.1 wants it: both parts form-encoded first.
pub(crate) fn basic(id: &str, secret: &Secret<String>) -> Result<HeaderValue, RenderError> {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encode(id), encode(secret.expose())));
    sensitive("Authorization", &format!("Basic {}", BASE64_STANDARD.encode(pair.expose())))
}

/// `Authorization: Basic` as RFC 7617 has it: both parts as they are.
pub(super) fn plain_basic(basic: &Basic, values: &Values) -> Result<HeaderValue, RenderError> {
    let user = basic.user.fill(values)?;
    if user.contains(':') {
        return Err(RenderError::BadHeader("Authorization".to_owned()));
    }
    let pair = Secret::new(format!("{user}:{}", basic.password.fill(values)?));
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
