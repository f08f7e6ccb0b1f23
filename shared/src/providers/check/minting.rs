//! What must hold where a typed credential mints access tokens.

use super::{Checked, Names, TOKEN_OWN, address, errors, header_names, known, request, templates};
use crate::providers::{
    hooks,
    schema::{File, Session},
};

/// A minted token needs what mints it, typed in.
pub(super) fn check(file: &File, names: &Names<'_>) -> Checked {
    let auth = &file.auth;
    let ways = [auth.client_credentials.is_some(), auth.service_account.is_some(), auth.session.is_some()];
    if ways.iter().filter(|way| **way).count() > 1 {
        return Err("auth: has more than one of `client_credentials`, `service_account` and `session`".to_owned());
    }
    if let Some(session) = &auth.session {
        return signed_for(file, session, names);
    }
    let typed = |name: &str| auth.api_key.as_ref().is_some_and(|key| key.fields.contains_key(name));
    if let Some(account) = &auth.service_account {
        if hooks::authenticate(&account.hook).is_none() {
            return Err(format!("auth.service_account.hook: there is no hook `{}`", account.hook));
        }
        known("auth.service_account.token_url", account.token_url.names(), &names.fields)?;
        address(file, "auth.service_account.token_url", &[&account.token_url])?;
        return errors("auth.service_account.errors", &account.errors);
    }
    let Some(client) = &auth.client_credentials else { return Ok(()) };
    let key = |name: &str| format!("auth.client_credentials.{name}");
    if !typed("client_id") || !typed("client_secret") {
        return Err("auth.client_credentials: needs the typed parts `client_id` and `client_secret`".to_owned());
    }
    let plain = auth.api_key.iter().flat_map(|key| &key.fields).filter(|(_, part)| !part.secret);
    let told = names.fields.iter().copied().chain(plain.map(|(name, _)| name.as_str())).collect();
    known(&key("token_url"), client.token_url.names(), &told)?;
    address(file, &key("token_url"), &[&client.token_url])?;
    templates(&key("token_params"), &client.token_params, &names.credential)?;
    templates(&key("token_headers"), &client.token_headers, &told)?;
    header_names(&key("token_headers"), &client.token_headers, false)?;
    if let Some(param) = client.token_params.keys().find(|param| TOKEN_OWN.contains(&param.as_str())) {
        return Err(key(&format!("token_params: `{param}` is set by Postern itself")));
    }
    errors(&key("errors"), &client.errors)
}

/// A temporary credential has parts that the typed one has, too, and one of those asks for it.
fn signed_for(file: &File, session: &Session, names: &Names<'_>) -> Checked {
    let key = |name: &str| format!("auth.session.{name}");
    let typed = |name: &str| file.auth.api_key.as_ref().and_then(|key| key.fields.get(name));
    if file.hooks.sign.is_none() {
        return Err("auth.session: nothing signs; `hooks.sign` is missing".to_owned());
    }
    if !typed(&session.needs).is_some_and(|part| part.optional && !part.secret) {
        return Err(key(&format!("needs: `{}` is no optional part that anybody may see", session.needs)));
    }
    if let Some(part) = session.parts.keys().find(|part| typed(part).is_none()) {
        return Err(key(&format!("parts: there is no typed part `{part}`")));
    }
    if session.parts.is_empty() || session.request.url.is_none() {
        return Err("auth.session: needs `parts`, and a `request` with a `url`".to_owned());
    }
    request(file, &key("request"), &session.request, &names.credential)?;
    errors(&key("errors"), &session.errors)
}
