//! D1: the portal's table `credentials`, a kind of credential a user and project.

use serde_json::Value;
use shared::store::integrations::Status;

use super::{
    record::{Connection, Credential, Named, Shelf, Skip, Who},
    value::{Object, flag, text, time},
};

const ID: [&str; 2] = ["id", "_id"];
const USER: [&str; 3] = ["username", "userName", "user_name"];
const USER_ID: [&str; 2] = ["userId", "user_id"];
const KIND: [&str; 3] = ["credentialType", "credential_type", "type"];
const PROJECT: [&str; 3] = ["projectId", "project_id", "project"];
const CREDENTIALS: [&str; 3] = ["credentials", "credential", "credential_value"];
const KEY: [&str; 3] = ["api_key", "apiKey", "value"];
const ACTIVE: [&str; 2] = ["isActive", "is_active"];
const NAME: [&str; 1] = ["name"];
const CREATED: [&str; 2] = ["createdAt", "created_at"];
const UPDATED: [&str; 2] = ["updatedAt", "updated_at"];

/// Every column that is read.
const COLUMNS: [&[&str]; 11] =
    [&ID, &USER, &USER_ID, &KIND, &PROJECT, &CREDENTIALS, &KEY, &ACTIVE, &NAME, &CREATED, &UPDATED];

/// Refuses a table that lacks what is needed, or has what would be lost.
pub(super) fn header(columns: &[String], ignore: &[String]) -> Result<(), String> {
    let has = |names: &[&str]| columns.iter().any(|column| names.contains(&column.as_str()));
    if !has(&KIND) || !(has(&CREDENTIALS) || has(&KEY)) {
        return Err("the table needs a column credentialType, and one of credentials or api_key".to_owned());
    }
    match unknown(columns.iter().map(String::as_str), ignore) {
        Some(columns) => Err(format!("{columns} not known here; --ignore leaves them out")),
        None => Ok(()),
    }
}

fn unknown<'a>(columns: impl Iterator<Item = &'a str>, ignore: &[String]) -> Option<String> {
    let strange = |column: &&str| {
        !COLUMNS.iter().any(|names| names.contains(column)) && !ignore.iter().any(|name| name == column)
    };
    let strange: Vec<String> = columns.filter(strange).map(|column| format!("`{column}`")).collect();
    match strange.len() {
        0 => None,
        1 => Some(format!("the column {} is", strange[0])),
        _ => Some(format!("the columns {} are", strange.join(", "))),
    }
}

pub(super) fn read(object: &Object, ignore: &[String]) -> (Named, Vec<Result<Connection, Skip>>) {
    let name = Named::new(text(object, &ID).as_deref(), Shelf::Credentials, text(object, &USER));
    (name, vec![connection(object, ignore)])
}

fn connection(object: &Object, ignore: &[String]) -> Result<Connection, Skip> {
    if let Some(columns) = unknown(object.keys().map(String::as_str), ignore) {
        return Err(Skip::new(format!("{columns} not known here; --ignore leaves them out")));
    }
    let (id, user, old_id) = (text(object, &ID), text(object, &USER), text(object, &USER_ID));
    let kind = text(object, &KIND).ok_or_else(|| Skip::new("names no kind of credential"))?.to_ascii_lowercase();
    let project = text(object, &PROJECT);
    let everybody = old_id.is_none() && user.as_deref().is_none_or(|user| user == "global");
    let who = Who {
        everybody,
        email: user.clone().filter(|user| user.contains('@')),
        external_id: user.clone().filter(|user| !everybody && !user.contains('@')),
        old_id: old_id.clone(),
        name: user.clone().filter(|_| !everybody),
        ..Who::default()
    };
    let whose = old_id.or(user).unwrap_or_else(|| "global".to_owned());
    let source = ["d1", &whose, &kind, project.as_deref().unwrap_or_default()];
    let source_of_row = ["d1 row", id.as_deref().unwrap_or_default()];
    let source: &[&str] = if id.is_some() { &source_of_row } else { &source };
    let credential = Credential::Typed(credentials(object)?);
    let mut connection = Connection::new(source, who, &kind, credential).keeping(id.as_deref());
    connection.of_any_type = true;
    connection.label = project.unwrap_or(connection.label);
    connection.connected_at = time(object, &CREATED).or_else(|| time(object, &UPDATED));
    connection.written_at = time(object, &UPDATED).or(connection.connected_at);
    connection.status = flag(object, &ACTIVE).filter(|active| !active).map(|_| Status::Inactive);
    connection.external.name = text(object, &NAME);
    Ok(connection)
}

/// An object, its JSON text, or a bare key.
fn credentials(object: &Object) -> Result<Object, Skip> {
    let bare = |key: String| Object::from_iter([("api_key".to_owned(), Value::String(key))]);
    let whole = CREDENTIALS.iter().find_map(|name| object.get(*name)).filter(|value| !value.is_null());
    let found = match whole {
        Some(Value::Object(members)) => Some(members.clone()),
        Some(Value::String(json)) if json.trim_start().starts_with(['{', '[', '"']) => {
            match serde_json::from_str(json) {
                Ok(Value::Object(members)) => Some(members),
                Ok(Value::String(key)) => Some(bare(key)),
                _ => return Err(Skip::new("its credentials are not readable JSON")),
            }
        }
        Some(Value::String(key)) if !key.trim().is_empty() => Some(bare(key.trim().to_owned())),
        _ => text(object, &KEY).map(bare),
    };
    let found = found.ok_or_else(|| Skip::new("holds no credentials"))?;
    // Some rows have the credentials within the credentials, as the old API answered them.
    match found.get("credentials") {
        Some(Value::Object(inner)) => Ok(inner.clone()),
        _ => Ok(found),
    }
}
