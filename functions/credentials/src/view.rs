//! A credential as it is told, and what of it can be told without giving it away.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::{
    app::App,
    auth::Tenant,
    http::{Error, Result},
    id::IntegrationId,
    oauth::connect,
    store::integrations::{Integration, Status},
};
use utoipa::ToSchema;

use crate::kept::type_of;

/// Under which of these names a credential's main part stands, the likeliest first.
const MAIN: [&str; 12] = [
    "api_key",
    "apiKey",
    "key",
    "token",
    "access_token",
    "accessToken",
    "bot_token",
    "botToken",
    "secret",
    "value",
    "credential_value",
    "password",
];
/// Shorter texts are masked whole: three and four characters of them would tell too much.
const LONG: usize = 20;

/// A credential.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CredentialView {
    id: IntegrationId,
    /// Whose it is; null for the organisation's.
    username: Option<String>,
    /// A provider's id, or a name of the organisation's own.
    credential_type: String,
    project_id: String,
    name: Option<String>,
    is_active: bool,
    /// Its parts.
    #[schema(value_type = Object)]
    credentials: Map<String, Value>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

impl CredentialView {
    /// With these parts, masked or not.
    pub(crate) fn new(integration: &Integration, username: Option<String>, credentials: Map<String, Value>) -> Self {
        Self {
            id: integration.id.clone(),
            username,
            credential_type: type_of(&integration.provider).to_owned(),
            project_id: integration.label.clone(),
            name: integration.name.clone(),
            is_active: is_active(integration),
            credentials,
            created_at: integration.created_at,
            updated_at: integration.updated_at,
        }
    }

    /// With its parts masked.
    pub(crate) async fn masked(
        app: &App,
        tenant: &Tenant,
        integration: &Integration,
        username: Option<String>,
    ) -> Result<Self> {
        let parts = parts(app, tenant, integration).await?;
        Ok(Self::new(integration, username, parts.into_iter().map(|(name, value)| (name, mask(value))).collect()))
    }
}

/// Whether it is handed out: not switched off.
pub(crate) fn is_active(integration: &Integration) -> bool {
    !matches!(integration.status, Status::Inactive | Status::Revoked | Status::Pending)
}

/// The parts of a credential, in the clear.
pub(crate) async fn parts(app: &App, tenant: &Tenant, integration: &Integration) -> Result<Map<String, Value>> {
    let text = connect::credential(app, tenant, integration).await?;
    serde_json::from_str(text.expose()).map_err(Error::internal)
}

/// The one part that clients ask for: by its usual names, else the only text there is.
pub(crate) fn main_part(parts: &Map<String, Value>) -> Option<String> {
    let usual = MAIN.iter().find_map(|name| parts.get(*name).and_then(Value::as_str));
    let mut texts = parts.values().filter_map(Value::as_str);
    let only = texts.next().filter(|_| texts.next().is_none());
    usual.or(only).map(str::to_owned)
}

/// `sk-…abcd`: enough to tell one key from another. What is no text says nothing at all.
fn mask(value: Value) -> Value {
    match value {
        Value::String(text) => mask_text(&text).into(),
        Value::Array(values) => values.into_iter().map(mask).collect(),
        Value::Object(parts) => parts.into_iter().map(|(name, value)| (name, mask(value))).collect(),
        Value::Null => Value::Null,
        Value::Bool(_) | Value::Number(_) => "…".into(),
    }
}

fn mask_text(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < LONG {
        return "…".to_owned();
    }
    let (start, end) = (&letters[..3], &letters[letters.len() - 4..]);
    start.iter().chain(['…'].iter()).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mask_tells_one_key_from_another_and_no_more() {
        assert_eq!(mask_text("sk-proj-0123456789abcd"), "sk-…abcd");
        assert_eq!(mask_text("short-secret"), "…");
        assert_eq!(mask_text("ключ-ключ-ключ-ключ-ключ"), "клю…ключ");
        let nested = json!({ "pin": 1234, "on": true, "list": ["sk-proj-0123456789abcd"], "none": null });
        assert_eq!(mask(nested), json!({ "pin": "…", "on": "…", "list": ["sk-…abcd"], "none": null }));
    }

    #[test]
    fn the_main_part_is_found_by_name_or_by_being_alone() {
        let main = |parts: Value| main_part(parts.as_object().unwrap());
        assert_eq!(main(json!({ "organization": "org-1", "api_key": "k" })).as_deref(), Some("k"));
        assert_eq!(main(json!({ "botToken": "t" })).as_deref(), Some("t"));
        assert_eq!(main(json!({ "licence": "l", "seats": 5 })).as_deref(), Some("l"));
        assert_eq!(main(json!({ "one": "a", "two": "b" })), None);
    }
}
