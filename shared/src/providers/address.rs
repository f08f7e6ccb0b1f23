//! Fills a URL template in, each value encoded for the place it takes, and holds the result to the file's hosts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::{
    Provider,
    render::RenderError,
    template::{Part, Template},
    values::Values,
};
use crate::egress::names_loopback;

/// All but the unreserved characters of RFC 3986: right in any query, and for a form's readers too.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// A path segment may also hold `:` and `@`, and Telegram's tokens and Google's calendars do.
const SEGMENT: &AsciiSet = &QUERY.remove(b':').remove(b'@');

/// Builds an address from `templates`, put behind each other, and parameters.
pub(crate) fn build<'q>(
    provider: &Provider,
    templates: &[&Template],
    query: impl IntoIterator<Item = (&'q str, String)>,
    values: &Values,
) -> Result<Url, RenderError> {
    let mut text = String::new();
    let mut public = false;
    for part in templates.iter().flat_map(|template| template.parts()) {
        match part {
            Part::Text(plain) => text.push_str(plain),
            Part::Slot { name, slashes } => {
                let value = values.text(name)?;
                match place(&text) {
                    Place::Start => {
                        public = provider.file().fields.get(name).is_some_and(|field| field.base_url);
                        text.push_str(base(name, &value)?);
                    }
                    Place::Host => text.push_str(label(name, &value)?),
                    Place::Path => push_segments(&mut text, name, &value, *slashes)?,
                    Place::Query => text.extend(utf8_percent_encode(&value, QUERY)),
                }
            }
        }
    }
    let mut joint = if text.contains('?') { '&' } else { '?' };
    for (name, value) in query {
        text.push(joint);
        text.extend(utf8_percent_encode(name, QUERY));
        text.push('=');
        text.extend(utf8_percent_encode(&value, QUERY));
        joint = '&';
    }
    let url = Url::parse(&text).map_err(|_| RenderError::NotAnAddress)?;
    accept(provider, &url, &text, public)?;
    Ok(url)
}

enum Place {
    Start,
    Host,
    Path,
    Query,
}

/// Where the next character of an address goes.
fn place(text: &str) -> Place {
    let Some((_, rest)) = text.split_once("://") else { return Place::Start };
    if rest.contains('?') {
        Place::Query
    } else if rest.contains('/') {
        Place::Path
    } else {
        Place::Host
    }
}

/// A whole address of which the rest of the template goes on: no password, parameters or fragment.
fn base<'v>(name: &str, value: &'v str) -> Result<&'v str, RenderError> {
    let url = Url::parse(value).map_err(|_| RenderError::BadBase(name.to_owned()))?;
    let plain = matches!(url.scheme(), "https" | "http")
        && url.username().is_empty()
        && url.password().is_none()
        && !value.contains(['?', '#', '\\', '@']);
    if plain { Ok(value.trim_end_matches('/')) } else { Err(RenderError::BadBase(name.to_owned())) }
}

/// One DNS label, so that a value cannot choose the host.
fn label<'v>(name: &str, value: &'v str) -> Result<&'v str, RenderError> {
    let fits = (1..=63).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !value.starts_with('-')
        && !value.ends_with('-');
    if fits { Ok(value) } else { Err(RenderError::BadLabel(name.to_owned())) }
}

fn push_segments(text: &mut String, name: &str, value: &str, slashes: bool) -> Result<(), RenderError> {
    let segments = if slashes { value.trim_start_matches('/').split('/').collect() } else { vec![value] };
    for (index, segment) in segments.into_iter().enumerate() {
        if matches!(segment, "" | "." | "..") {
            return Err(RenderError::BadSegment(name.to_owned()));
        }
        if index > 0 {
            text.push('/');
        }
        text.extend(utf8_percent_encode(segment, SEGMENT));
    }
    Ok(())
}

/// The last word on an address, on what it has become rather than on what it was made of.
fn accept(provider: &Provider, url: &Url, text: &str, public: bool) -> Result<(), RenderError> {
    let Some(host) = url.host_str() else { return Err(RenderError::NotAnAddress) };
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    // A person's own server on loopback is called where the local server's developer opened it, by egress alone.
    let loopback = public && names_loopback(host);
    let secure = url.scheme() == "https" || (url.scheme() == "http" && (provider.file().local_only || loopback));
    if !plain || !secure {
        return Err(RenderError::NotAnAddress);
    }
    let path = text.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, path)| path);
    let path = path.split('?').next().unwrap_or_default();
    // Two harmless values side by side can make a segment that climbs.
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(RenderError::NotAnAddress);
    }
    if public || provider.hosts().iter().any(|pattern| pattern.matches(url)) {
        Ok(())
    } else {
        Err(RenderError::ForeignHost(host.to_owned()))
    }
}
