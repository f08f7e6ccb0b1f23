//! What is typed, and how a credential is put into a request.

use url::Url;

use super::{Checked, Names, address, header_names, known, request, templates};
use crate::providers::schema::{Apply, File};

/// Checks `apply` wherever it stands, and what a typed credential has of its own.
pub(super) fn check(file: &File, names: &Names<'_>) -> Checked {
    let mut own = file.auth.oauth2.iter().filter_map(|oauth2| oauth2.apply.as_ref());
    own.try_for_each(|own| apply("auth.oauth2.apply", own, names))?;
    let Some(key) = &file.auth.api_key else { return Ok(()) };
    key.apply.iter().try_for_each(|own| apply("auth.api_key.apply", own, names))?;
    if let Some(url) = &key.base_url {
        known("auth.api_key.base_url", url.names(), &names.credential)?;
        address(file, "auth.api_key.base_url", &[url])?;
    }
    key.test.iter().try_for_each(|call| request(file, "auth.api_key.test", call, &names.credential))?;
    for (name, domain) in key.fields.iter().filter_map(|(name, part)| Some((name, part.under.as_ref()?))) {
        let host = format!("any-label.{domain}");
        let url = Url::parse(&format!("https://{host}/"));
        if !url.is_ok_and(|url| url.domain() == Some(&host)) {
            return Err(format!("auth.api_key.fields.{name}.under: `{domain}` is not a domain in lower case"));
        }
    }
    Ok(())
}

fn apply(key: &str, apply: &Apply, names: &Names<'_>) -> Checked {
    templates(&format!("{key}.headers"), &apply.headers, &names.credential)?;
    templates(&format!("{key}.query"), &apply.query, &names.credential)?;
    header_names(&format!("{key}.headers"), &apply.headers, true)?;
    let Some(basic) = &apply.basic else { return Ok(()) };
    if apply.headers.keys().any(|name| name.eq_ignore_ascii_case("authorization")) {
        return Err(format!("{key}: has both `basic` and an `Authorization` header"));
    }
    known(&format!("{key}.basic"), basic.user.names().chain(basic.password.names()), &names.credential)
}
