//! What must hold between the keys of a provider file, beyond its types. A problem names its key.

mod address;
mod hooks;
mod minting;
mod typed;

use std::collections::{BTreeMap, BTreeSet};

use http::HeaderName;
use url::Url;

use super::{
    Provider,
    identity::FACTS,
    schema::{Action, Errors, File, OAuth2, PaginationStyle, Pkce, Reach, Request},
    template::{Template, is_name},
};

use address::address;

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
    typed::check(file, &names)?;
    minting::check(file, &names)?;
    hooks::check(provider)?;
    for (index, step) in file.identity.iter().enumerate() {
        let key = format!("identity[{index}]");
        let known = names.with(FACTS.iter().map(|(_, placeholder)| *placeholder));
        step.request.iter().try_for_each(|call| request(file, &format!("{key}.request"), call, &known))?;
        if let Some(fact) = step.when_missing.as_deref().filter(|fact| !FACTS.iter().any(|(known, _)| known == fact)) {
            return Err(format!("{key}.when_missing: `{fact}` is not a fact of identity"));
        }
        if let Some(choose) = &step.choose
            && !file.fields.contains_key(&choose.by)
        {
            return Err(format!("{key}.choose.by: there is no field `{}`", choose.by));
        }
    }
    file.test.iter().try_for_each(|call| request(file, "test", call, &names.credential))?;
    let told = names.with(FACTS.iter().map(|(_, placeholder)| *placeholder));
    file.test_data.iter().try_for_each(|data| known("test_data", data.names(), &told))?;
    errors("errors", &file.errors)?;
    taken_back(file, &names)?;
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
        let auth = &file.auth;
        let answers = auth.oauth2.iter().map(|oauth2| &oauth2.answer);
        let answers = answers.chain(auth.client_credentials.iter().map(|client| &client.answer));
        let answers = answers.chain(auth.service_account.iter().map(|account| &account.answer));
        let answered = answers.flat_map(|answer| answer.keep.keys());
        let found = file.identity.iter().flat_map(|step| step.keep.keys());
        let found = found.chain(auth.oauth2.iter().flat_map(|oauth2| oauth2.callback_keep.keys()));
        let own = |name: &String| file.fields.contains_key(name) || typed.clone().any(|typed| typed == name);
        if let Some(name) = answered.clone().chain(found.clone()).find(|name| named(name) || own(name)) {
            return Err(format!("keep: `{name}` is not fit for a fact's name"));
        }
        let fields: BTreeSet<&str> = file.fields.keys().map(String::as_str).collect();
        let mut credential: BTreeSet<&str> = fields.clone();
        credential.extend(typed.chain(answered).chain(found).map(String::as_str));
        let tokens = auth.oauth2.is_some() || auth.client_credentials.is_some() || auth.service_account.is_some();
        credential.extend(tokens.then_some("access_token"));
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
    let own = ["state", "code", "error", "iss", &oauth2.code_parameter];
    if let Some(name) = oauth2.callback_keep.keys().find(|name| own.contains(&name.as_str())) {
        return Err(key(&format!("callback_keep: `{name}` is read by Postern itself")));
    }
    if oauth2.separator.is_empty() || oauth2.answer_separator.as_deref() == Some("") {
        return Err(key("separator: is empty"));
    }
    templates(&key("token_headers"), &oauth2.token_headers, &names.fields)?;
    header_names(&key("token_headers"), &oauth2.token_headers, false)?;
    if let Some(revoke) = &oauth2.revoke {
        let more = names.with(["token", "refresh_token", "client_id", "client_secret"]);
        request(file, &key("revoke.request"), &revoke.request, &more)?;
    }
    errors(&key("errors"), &oauth2.errors)
}

/// What is made for a typed credential is made by a hook, and ends alone.
fn taken_back(file: &File, names: &Names<'_>) -> Checked {
    let Some(revoke) = file.auth.api_key.as_ref().and_then(|key| key.revoke.as_ref()) else { return Ok(()) };
    if file.hooks.enter.is_none() {
        return Err(
            "auth.api_key.revoke: nothing is made that could be taken back; `hooks.enter` is missing".to_owned()
        );
    }
    if revoke.reach != Reach::Token {
        return Err("auth.api_key.revoke.reach: must be `token`".to_owned());
    }
    request(file, "auth.api_key.revoke.request", &revoke.request, &names.with(["token"]))
}

fn request(file: &File, key: &str, call: &Request, names: &BTreeSet<&str>) -> Checked {
    known(key, call.names(), names)?;
    header_names(&format!("{key}.headers"), &call.headers, false)?;
    if call.json.is_some() && call.form.is_some() {
        return Err(format!("{key}: has both `json` and `form`"));
    }
    hooks::signed(file, key, call)?;
    match (&call.url, &call.path, &file.base_url) {
        (Some(url), None, _) => address(file, &format!("{key}.url"), &[url]),
        (None, Some(path), Some(base)) if path.to_string().starts_with('/') => {
            let own = file.auth.api_key.iter().filter_map(|key| key.base_url.as_ref());
            std::iter::once(base).chain(own).try_for_each(|base| address(file, &format!("{key}.path"), &[base, path]))
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
    let Some(call) = action.request.as_ref().filter(|_| !action.run) else { return hooks::runs(file, &key, action) };
    request(file, &format!("{key}.request"), call, &names)?;
    let used = call.names();
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
