//! What must hold where a typed credential mints access tokens.

use super::{Checked, Names, TOKEN_OWN, address, errors, header_names, known, templates};
use crate::providers::{hooks, schema::File};

/// A minted token needs what mints it, typed in.
pub(super) fn check(file: &File, names: &Names<'_>) -> Checked {
    let auth = &file.auth;
    if auth.client_credentials.is_none() && auth.service_account.is_none() {
        return Ok(());
    }
    let typed = |name: &str| auth.api_key.as_ref().is_some_and(|key| key.fields.contains_key(name));
    if auth.client_credentials.is_some() && auth.service_account.is_some() {
        return Err("auth: has both `client_credentials` and `service_account`".to_owned());
    }
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
