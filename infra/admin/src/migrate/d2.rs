//! D2: connections as fields of users (`githubAccessToken` …), or as documents of the collection `integrations`.

use serde_json::Value;
use shared::{secret::Secret, store::integrations::Status};

use super::{
    record::{Connection, Credential, Named, Shelf, Skip, Tokens, Who},
    value::{Object, flag, scopes, text, time},
};

/// What the fields of each connection begin with, and what the provider is called.
const PREFIXES: [(&str, &str); 3] =
    [("github", "github"), ("googleCalendar", "google_calendar"), ("googleDrive", "google_drive")];

/// What a connection's fields go on with.
const FIELDS: [&str; 10] = [
    "Connected",
    "AccessToken",
    "RefreshToken",
    "TokenExpiry",
    "UserId",
    "Username",
    "Email",
    "AvatarUrl",
    "ConnectedAt",
    "Scope",
];

/// The fields of a user that are connections.
pub(crate) fn fields() -> impl Iterator<Item = String> {
    PREFIXES.iter().flat_map(|(prefix, _)| FIELDS.iter().map(move |field| format!("{prefix}{field}")))
}

pub(super) fn read(object: &Object) -> (Named, Vec<Result<Connection, Skip>>) {
    let id = text(object, &["_id", "id"]);
    let named = |shelf| Named::new(id.as_deref(), shelf, text(object, &["email"]));
    if let Some(provider) = text(object, &["integrationType"]) {
        return (named(Shelf::Integrations), vec![document(object, id.as_deref(), &provider)]);
    }
    let who = user(object, id.clone());
    let read = PREFIXES.iter().filter_map(|fields| of_user(object, &who, *fields)).collect();
    (Named { person: Some(who), ..named(Shelf::Users) }, read)
}

/// One connection of a user; none where there never was one.
fn of_user(object: &Object, who: &Who, (prefix, provider): (&str, &str)) -> Option<Result<Connection, Skip>> {
    let field = |name: &str| format!("{prefix}{name}");
    let told = |name: &str| text(object, &[&field(name)]);
    let (connected, access) = (flag(object, &[&field("Connected")]), told("AccessToken"));
    let access = match (connected, access) {
        // It was disconnected, whatever was left standing.
        (Some(false), _) | (None, None) => return None,
        (Some(true), None) => return Some(Err(Skip::new(format!("is connected to {provider} without a token")))),
        (_, Some(access)) => access,
    };
    let whose = who.old_id.clone().or_else(|| who.email.clone()).unwrap_or_default();
    let tokens = Tokens {
        access: Secret::new(access),
        refresh: told("RefreshToken").map(Secret::new),
        expires_at: time(object, &[&field("TokenExpiry")]),
    };
    let mut connection = Connection::new(&["d2", &whose, provider], who.clone(), provider, Credential::Tokens(tokens));
    connection.connected_at = time(object, &[&field("ConnectedAt")]);
    connection.written_at = connection.connected_at.or_else(|| time(object, &["updatedAt"]));
    connection.scopes = scopes(object, &field("Scope"));
    connection.external.id = told("UserId");
    connection.external.username = told("Username");
    connection.external.email = told("Email");
    connection.external.avatar = told("AvatarUrl");
    Some(Ok(connection))
}

fn user(object: &Object, old_id: Option<String>) -> Who {
    Who {
        old_id,
        email: text(object, &["email"]),
        name: full_name(object),
        organisation: text(object, &["organizationId", "organization", "organisationId"]),
        administrator: is_administrator(object),
        ..Who::default()
    }
}

/// Whether the export says that this user looks after the organisation.
fn is_administrator(object: &Object) -> bool {
    let role = text(object, &["role", "userRole"]).unwrap_or_default().to_ascii_lowercase();
    matches!(role.as_str(), "admin" | "administrator" | "owner") || flag(object, &["isAdmin"]) == Some(true)
}

fn full_name(object: &Object) -> Option<String> {
    let parts = [text(object, &["firstName"]), text(object, &["lastName"])];
    let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if joined.is_empty() { text(object, &["name", "fullName", "username"]) } else { Some(joined) }
}

/// A document of the newer collection.
fn document(object: &Object, id: Option<&str>, provider: &str) -> Result<Connection, Skip> {
    if flag(object, &["isConnected"]) == Some(false) {
        return Err(Skip::new("is not connected"));
    }
    let user = text(object, &["userId"]).ok_or_else(|| Skip::new("names no user"))?;
    let access = text(object, &["accessToken"]).ok_or_else(|| Skip::new("is connected without a token"))?;
    let organisation = text(object, &["organizationId"]);
    let who = Who { old_id: Some(user.clone()), organisation, ..Who::default() };
    let tokens = Tokens {
        access: Secret::new(access),
        refresh: text(object, &["refreshToken"]).map(Secret::new),
        expires_at: time(object, &["tokenExpiry"]),
    };
    let source = ["d2", &user, provider];
    let mut connection = Connection::new(&source, who, provider, Credential::Tokens(tokens)).keeping(id);
    connection.connected_at = time(object, &["connectedAt", "createdAt"]);
    connection.written_at = time(object, &["updatedAt"]).or(connection.connected_at);
    connection.last_used_at = time(object, &["lastUsedAt"]);
    connection.last_error = text(object, &["lastError"]).map(|error| error.chars().take(300).collect());
    connection.error_count = object.get("errorCount").and_then(Value::as_i64).unwrap_or_default();
    connection.status = text(object, &["status"]).and_then(|status| Status::parse(&status));
    connection.scopes = scopes(object, "scope");
    connection.settings = free_form(object, "settings")?;
    connection.metadata = free_form(object, "metadata")?;
    connection.external.id = text(object, &["externalId"]);
    connection.external.username = text(object, &["externalUsername"]);
    connection.external.email = text(object, &["externalEmail"]);
    connection.external.name = text(object, &["externalName"]);
    connection.external.avatar = text(object, &["externalAvatarUrl"]);
    Ok(connection)
}

/// Settings, or whatever else is kept in a form of its own.
fn free_form(object: &Object, name: &str) -> Result<Object, Skip> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(Object::new()),
        Some(Value::Object(members)) => Ok(members.clone()),
        Some(_) => Err(Skip::new(format!("its {name} are no object"))),
    }
}
