//! What must hold between the keys of a provider file, beyond its types. A problem names its key.

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;
use url::Url;

use super::{
    Provider,
    identity::FACTS,
    schema::{Action, Errors, File, OAuth2, PaginationStyle, Pkce, Request},
    template::{Part, Template, is_name},
};

type Checked = Result<(), String>;

/// Set by the code itself; a file's extra parameters may not touch them.
const AUTHORIZE_OWN: &[&str] =
    &["client_id", "code_challenge", "code_challenge_method", "redirect_uri", "response_type", "scope", "state"];
const TOKEN_OWN: &[&str] =
    &["client_id", "client_secret", "code", "code_verifier", "grant_type", "redirect_uri", "refresh_token"];
/// What `authorize_without` may leave out: not the state, and not the proof key.
const DROPPABLE: &[&str] = &["client_id", "redirect_uri", "response_type", "scope"];
/// Placeholders with a meaning of their own, which a field may not take.
const TAKEN: &[&str] = &["access_token", "refresh_token", "token", "client_id", "client_secret", "public_url"];
/// Set by the HTTP client or by `apply` alone.
const HEADERS_OWN: &[&str] = &[
    "connection",
    "content-length",
    "cookie",
    "host",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checks a whole file.
pub(super) fn check(provider: &Provider) -> Checked {
    let file = provider.file();
    about(file)?;
    let names = Names::of(file)?;
    if let Some(url) = &file.base_url {
        known("base_url", url.names(), &names.credential)?;
        address(file, "base_url", &[url])?;
    }
    templates("headers", &file.headers, &names.credential)?;
    header_names("headers", &file.headers, false)?;
    file.auth.oauth2.iter().try_for_each(|oauth2| oauth(file, oauth2, &names))?;
    for (index, step) in file.identity.iter().enumerate() {
        let key = format!("identity[{index}]");
        let known = names.with(FACTS.iter().map(|(_, placeholder)| *placeholder));
        step.request.iter().try_for_each(|call| request(file, &format!("{key}.request"), call, &known))?;
        if let Some(fact) = step.when_missing.as_deref().filter(|fact| !FACTS.iter().any(|(known, _)| known == fact)) {
            return Err(format!("{key}.when_missing: `{fact}` is not a fact of identity"));
        }
    }
    file.test.iter().try_for_each(|call| request(file, "test", call, &names.credential))?;
    errors("errors", &file.errors)?;
    if let Some(page) = &file.pagination
        && page.style == PaginationStyle::Cursor
        && (page.cursor.is_none() || page.parameter.is_none())
    {
        return Err("pagination: style `cursor` needs `cursor` and `parameter`".to_owned());
    }
    file.actions.iter().try_for_each(|(name, call)| action(file, name, call, &names.credential))
}

fn about(file: &File) -> Checked {
    for (key, text) in
        [("name", &file.name), ("category", &file.category), ("icon", &file.icon), ("description", &file.description)]
    {
        if text.trim().is_empty() {
            return Err(format!("{key}: is empty"));
        }
    }
    for (key, text) in [("docs", &file.docs), ("source", &file.source)] {
        if !file.local_only && Url::parse(text).map_or(true, |url| url.scheme() != "https") {
            return Err(format!("{key}: is not an https address"));
        }
    }
    match (&file.auth.oauth2, &file.auth.api_key) {
        (None, None) => Err("auth: has neither `oauth2` nor `api_key`".to_owned()),
        (_, Some(key)) if key.fields.is_empty() => Err("auth.api_key.fields: is empty".to_owned()),
        _ => Ok(()),
    }
}

/// Which placeholders may stand where.
struct Names<'f> {
    fields: BTreeSet<&'f str>,
    credential: BTreeSet<&'f str>,
}

impl<'f> Names<'f> {
    fn of(file: &'f File) -> Result<Self, String> {
        let typed = file.auth.api_key.iter().flat_map(|key| key.fields.keys());
        for name in file.fields.keys().chain(typed.clone()) {
            if !is_name(name) || TAKEN.contains(&name.as_str()) && !typed.clone().any(|typed| typed == name) {
                return Err(format!("fields: `{name}` is not fit for a field's name"));
            }
        }
        let named = |name: &&String| !is_name(name) || TAKEN.contains(&name.as_str());
        let answered = file.auth.oauth2.iter().flat_map(|oauth2| oauth2.answer.keep.keys());
        let found = file.identity.iter().flat_map(|step| step.keep.keys());
        let own = |name: &String| file.fields.contains_key(name) || typed.clone().any(|typed| typed == name);
        if let Some(name) = answered.clone().chain(found.clone()).find(|name| named(name) || own(name)) {
            return Err(format!("keep: `{name}` is not fit for a fact's name"));
        }
        let fields: BTreeSet<&str> = file.fields.keys().map(String::as_str).collect();
        let mut credential: BTreeSet<&str> = fields.clone();
        credential.extend(typed.chain(answered).chain(found).map(String::as_str));
        credential.extend(file.auth.oauth2.iter().map(|_| "access_token"));
        Ok(Self { fields, credential })
    }

    fn with(&self, more: impl IntoIterator<Item = &'f str>) -> BTreeSet<&'f str> {
        self.credential.iter().copied().chain(more).collect()
    }
}

fn oauth(file: &File, oauth2: &OAuth2, names: &Names<'_>) -> Checked {
    let key = |name: &str| format!("auth.oauth2.{name}");
    let urls = [
        ("authorize_url", Some(&oauth2.authorize_url)),
        ("token_url", Some(&oauth2.token_url)),
        ("refresh_url", oauth2.refresh_url.as_ref()),
    ];
    for (name, url) in urls.into_iter().filter_map(|(name, url)| Some((name, url?))) {
        known(&key(name), url.names(), &names.fields)?;
        address(file, &key(name), &[url])?;
    }
    oauth2.issuer.iter().try_for_each(|issuer| known(&key("issuer"), issuer.names(), &names.fields))?;
    match (oauth2.pkce, &oauth2.pkce_off_because) {
        (Pkce::Off, None) => return Err(key("pkce_off_because: is missing; say why the provider takes no proof key")),
        (Pkce::S256, Some(_)) => return Err(key("pkce_off_because: stands beside a proof key that is on")),
        _ => {}
    }
    for (name, params, own) in [
        ("authorize_params", &oauth2.authorize_params, AUTHORIZE_OWN),
        ("token_params", &oauth2.token_params, TOKEN_OWN),
        ("refresh_params", &oauth2.refresh_params, TOKEN_OWN),
    ] {
        templates(&key(name), params, &names.fields)?;
        if let Some(param) = params.keys().find(|param| own.contains(&param.as_str())) {
            return Err(key(&format!("{name}: `{param}` is set by Postern itself")));
        }
    }
    if let Some(param) = oauth2.authorize_without.iter().find(|param| !DROPPABLE.contains(&param.as_str())) {
        return Err(key(&format!("authorize_without: `{param}` must stay")));
    }
    if oauth2.separator.is_empty() || oauth2.answer_separator.as_deref() == Some("") {
        return Err(key("separator: is empty"));
    }
    templates(&key("token_headers"), &oauth2.token_headers, &names.fields)?;
    header_names(&key("token_headers"), &oauth2.token_headers, false)?;
    for apply in oauth2.apply.iter().chain(file.auth.api_key.iter().filter_map(|key| key.apply.as_ref())) {
        templates("apply.headers", &apply.headers, &names.credential)?;
        templates("apply.query", &apply.query, &names.credential)?;
        header_names("apply.headers", &apply.headers, true)?;
    }
    if let Some(revoke) = &oauth2.revoke {
        let more = names.with(["token", "refresh_token", "client_id", "client_secret"]);
        request(file, &key("revoke.request"), &revoke.request, &more)?;
    }
    errors(&key("errors"), &oauth2.errors)
}

fn request(file: &File, key: &str, call: &Request, names: &BTreeSet<&str>) -> Checked {
    known(key, call.names(), names)?;
    header_names(&format!("{key}.headers"), &call.headers, false)?;
    if call.json.is_some() && call.form.is_some() {
        return Err(format!("{key}: has both `json` and `form`"));
    }
    match (&call.url, &call.path, &file.base_url) {
        (Some(url), None, _) => address(file, &format!("{key}.url"), &[url]),
        (None, Some(path), Some(base)) if path.to_string().starts_with('/') => {
            address(file, &format!("{key}.path"), &[base, path])
        }
        (None, Some(_), Some(_)) => Err(format!("{key}.path: starts with `/`")),
        (None, Some(_), None) => Err(format!("{key}.path: needs the file's `base_url`")),
        _ => Err(format!("{key}: has either `path` or `url`")),
    }
}

fn action(file: &File, name: &str, action: &Action, credential: &BTreeSet<&str>) -> Checked {
    let key = format!("actions.{name}");
    let properties = &action.input.properties;
    if let Some(input) = properties.keys().find(|input| !is_name(input) || credential.contains(input.as_str())) {
        return Err(format!("{key}.input.properties: `{input}` is not fit for an input's name"));
    }
    if let Some(input) = action.input.required.iter().find(|input| !properties.contains_key(*input)) {
        return Err(format!("{key}.input.required: there is no property `{input}`"));
    }
    let names = credential.iter().copied().chain(properties.keys().map(String::as_str)).collect();
    request(file, &format!("{key}.request"), &action.request, &names)?;
    let used = action.request.names();
    match properties.keys().find(|input| !used.contains(&input.as_str())) {
        Some(input) if action.inputs_to.is_none() => {
            Err(format!("{key}: no template uses the input `{input}`, and `inputs_to` says nothing"))
        }
        _ => Ok(()),
    }
}

fn errors(key: &str, errors: &Errors) -> Checked {
    let odd = errors.status.keys().find(|status| !status.parse().is_ok_and(|status: u16| (100..600).contains(&status)));
    match odd {
        Some(status) => Err(format!("{key}.status: `{status}` is not an HTTP status")),
        None if errors.in_200 && errors.code.is_empty() => Err(format!("{key}.in_200: needs `code`")),
        None => Ok(()),
    }
}

fn templates(key: &str, templates: &BTreeMap<String, Template>, names: &BTreeSet<&str>) -> Checked {
    templates.iter().try_for_each(|(name, template)| known(&format!("{key}.{name}"), template.names(), names))
}

fn known<'t>(key: &str, used: impl IntoIterator<Item = &'t str>, names: &BTreeSet<&str>) -> Checked {
    match used.into_iter().find(|name| !names.contains(name)) {
        Some(name) => Err(format!("{key}: nothing fills in `{{{name}}}`")),
        None => Ok(()),
    }
}

fn header_names(key: &str, headers: &BTreeMap<String, Template>, applies: bool) -> Checked {
    let bad = |name: &&String| {
        let lower = name.to_ascii_lowercase();
        HeaderName::from_bytes(name.as_bytes()).is_err()
            || HEADERS_OWN.contains(&lower.as_str())
            || (lower == "authorization" && !applies)
    };
    match headers.keys().find(bad) {
        Some(name) => Err(format!("{key}: `{name}` is no header that a file may set")),
        None => Ok(()),
    }
}

/// An address must be https, and its host among the file's hosts: fixed, or one label under a fixed suffix, or a base
/// that a field or a kept fact gives (which is checked when it is filled in).
fn address(file: &File, key: &str, templates: &[&Template]) -> Checked {
    let parts: Vec<&Part> = templates.iter().flat_map(|template| template.parts()).collect();
    if let Some(Part::Slot { name, .. }) = parts.first() {
        let base = file.fields.get(name).is_none_or(|field| field.base_url);
        return if base { Ok(()) } else { Err(format!("{key}: `{{{name}}}` is not a `base_url` field")) };
    }
    // Any label will do to see what a placeholder may reach: the pattern must hold for all of them.
    let sample = |slot: &Part| match slot {
        Part::Text(text) => text.clone(),
        Part::Slot { .. } => "any-label".to_owned(),
    };
    let text: String = parts.iter().map(|part| sample(part)).collect();
    let authority =
        text.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let url = Url::parse(&text).map_err(|_| format!("{key}: `{text}` is not an address"))?;
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() != "https" && !(url.scheme() == "http" && file.local_only && loopback) {
        return Err(format!("{key}: must be https"));
    }
    if authority.contains('@') || url.fragment().is_some() {
        return Err(format!("{key}: must have neither a user nor a fragment"));
    }
    if authority.contains("any-label") && !(authority.starts_with("any-label.") && authority.split('.').count() >= 3) {
        return Err(format!("{key}: a placeholder in a host is one label under a fixed suffix"));
    }
    if authority.matches("any-label").count() > 1 {
        return Err(format!("{key}: only one placeholder may stand in a host"));
    }
    if file.hosts.iter().any(|pattern| pattern.matches(&url)) {
        Ok(())
    } else {
        Err(format!("{key}: host `{}` is not in `hosts`", url.host_str().unwrap_or_default()))
    }
}
