//! D4: `credentials.json`, an object by provider, or a list of the same records.

use serde_json::Value;

use super::{
    record::{Connection, Credential, Named, Shelf, Skip, Who},
    value::{Object, scopes, text, time},
};

/// Members of a record by which it is told from a map of records.
pub(super) const MEMBERS: [&str; 8] =
    ["providerId", "provider", "credentials", "userId", "user", "id", "_id", "connectedAt"];
/// What stands beside the credential in a record.
const BESIDE: [&str; 16] = [
    "providerId",
    "provider",
    "credentials",
    "userId",
    "user",
    "email",
    "id",
    "_id",
    "label",
    "connected",
    "connectedAt",
    "expiresAt",
    "lastTested",
    "createdAt",
    "updatedAt",
    "testData",
];

pub(super) fn read(key: Option<&str>, object: &Object) -> (Named, Vec<Result<Connection, Skip>>) {
    let provider = text(object, &["providerId", "provider"]).or_else(|| key.map(str::to_owned));
    let id = key.map(str::to_owned).or_else(|| text(object, &["id", "_id"])).or_else(|| provider.clone());
    (Named::new(id.as_deref(), Shelf::File, None), vec![connection(key, object, provider)])
}

fn connection(key: Option<&str>, object: &Object, provider: Option<String>) -> Result<Connection, Skip> {
    let provider = provider.ok_or_else(|| Skip::new("names no provider"))?;
    let mut credential = match object.get("credentials") {
        Some(Value::Object(members)) => members.clone(),
        Some(_) => return Err(Skip::new("its credentials are no object")),
        None => object
            .iter()
            .filter(|(name, _)| !BESIDE.contains(&name.as_str()))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect(),
    };
    if credential.values().all(|value| value.is_null() || value == "") {
        return Err(Skip::new("holds no credentials"));
    }
    let user = text(object, &["userId", "user"]);
    let email = text(object, &["email"]).filter(|_| key.is_none()).or_else(|| user.clone().filter(|u| u.contains('@')));
    let old_id = user.filter(|user| !user.contains('@'));
    let who = Who { old_id: old_id.clone(), email: email.clone(), ..Who::default() };
    // The older system kept several webhooks as `webhook_<id>`.
    let (provider, label) = match provider.strip_prefix("webhook_") {
        Some(id) if !id.is_empty() => ("webhook".to_owned(), Some(id.to_owned())),
        _ => (provider, text(object, &["label"])),
    };
    let scopes = [scopes(&credential, "scope"), scopes(&credential, "scopes")].concat();
    if let Some(expires_at) = object.get("expiresAt").filter(|_| !credential.contains_key("expiryDate")) {
        credential.insert("expiryDate".to_owned(), expires_at.clone());
    }
    let whose = old_id.or(email).unwrap_or_default();
    let source = ["d4", &whose, &provider, label.as_deref().unwrap_or_default()];
    let id = text(object, &["_id", "id"]);
    let external = (text(&credential, &["email"]), text(&credential, &["userName"]), text(&credential, &["userId"]));
    let mut connection = Connection::new(&source, who, &provider, Credential::Typed(credential)).keeping(id.as_deref());
    connection.scopes = scopes;
    connection.label = label.unwrap_or(connection.label);
    connection.connected_at = time(object, &["connectedAt", "createdAt"]);
    connection.written_at = time(object, &["updatedAt"]).or(connection.connected_at);
    connection.last_tested_at = time(object, &["lastTested"]);
    (connection.external.email, connection.external.name, connection.external.id) = external;
    Ok(connection)
}
