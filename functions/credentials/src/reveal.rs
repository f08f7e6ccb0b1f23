//! Showing a credential in the clear. It is written down before it is shown: one that cannot be written down is not shown.

use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::{Caller, Tenant},
    http::Result,
    id::RequestId,
    store::{audit, integrations::Integration},
};

use crate::{
    view::{is_active, main_part, parts},
    whose::not_found,
};

/// What was found that may be shown to this caller, and its parts; `api_key` is among them whatever the credential calls
/// it.
pub(crate) async fn reveal(
    app: &App,
    caller: &Caller,
    request: &RequestId,
    tenant: &Tenant,
    found: Option<Integration>,
) -> Result<(Integration, Map<String, Value>)> {
    let integration = found.filter(is_active).ok_or_else(not_found)?;
    let entry = audit::Entry {
        org: caller.org(),
        actor: caller.actor(),
        action: "credential.reveal",
        subject: integration.id.as_str(),
        request: Some(request),
    };
    app.store.audit(&entry).await?;
    let mut parts = parts(app, tenant, &integration).await?;
    if let Some(main) = main_part(&parts).filter(|_| !parts.contains_key("api_key")) {
        parts.insert("api_key".to_owned(), main.into());
    }
    Ok((integration, parts))
}
