//! Whether the hooks that a file names are there, and asked for where they are needed.

use super::Checked;
use crate::providers::{
    Provider,
    schema::{Action, File, Request},
};

/// Each name is that of a hook.
pub(super) fn check(provider: &Provider) -> Checked {
    let hooks = &provider.file().hooks;
    for (key, named, found) in [
        ("sign", &hooks.sign, provider.signs().is_some()),
        ("enter", &hooks.enter, provider.enters().is_some()),
        ("run", &hooks.run, provider.runs().is_some()),
    ] {
        if let Some(name) = named.as_ref().filter(|_| !found) {
            return Err(format!("hooks.{key}: there is no `{name}`"));
        }
    }
    Ok(())
}

/// A request is signed for a service, and by somebody.
pub(super) fn signed(file: &File, key: &str, call: &Request) -> Checked {
    match (&call.service, &file.hooks.sign) {
        (Some(_), None) => Err(format!("{key}.service: nothing signs; `hooks.sign` is missing")),
        (None, Some(_)) => Err(format!("{key}.service: is missing; `hooks.sign` has to know what it signs for")),
        _ => Ok(()),
    }
}

/// An action without a request is the hook's, and one with a request is not.
pub(super) fn runs(file: &File, key: &str, action: &Action) -> Checked {
    match (&action.request, action.run, &file.hooks.run) {
        (None, true, Some(_)) => Ok(()),
        (None, true, None) => Err(format!("{key}.run: nothing runs it; `hooks.run` is missing")),
        (Some(_), true, _) => Err(format!("{key}: has both `run` and `request`")),
        (_, false, _) => Err(format!("{key}: has neither `run` nor `request`")),
    }
}
