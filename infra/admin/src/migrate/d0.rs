//! D0: the collection `keys` of LibreChat, one encrypted Planka token a user.

use serde_json::Value;

use super::{
    cbc::Cbc,
    record::{Connection, Credential, Named, Shelf, Skip, Who},
    value::{Object, text, time},
};

/// What the tokens are stored as.
const NAME: &str = "planka_token";

pub(super) fn read(object: &Object, cbc: &Cbc) -> (Named, Vec<Result<Connection, Skip>>) {
    let (id, user) = (text(object, &["_id", "id"]), text(object, &["userId", "user_id"]));
    let name = Named::new(id.as_deref(), Shelf::Keys, user.clone());
    (name, vec![connection(object, id.as_deref(), user, cbc)])
}

fn connection(object: &Object, id: Option<&str>, user: Option<String>, cbc: &Cbc) -> Result<Connection, Skip> {
    if text(object, &["name"]).as_deref() != Some(NAME) {
        return Err(Skip::new("is another key than a Planka token"));
    }
    let user = user.ok_or_else(|| Skip::new("names no user"))?;
    let value = text(object, &["value"]).ok_or_else(|| Skip::new("has no value"))?;
    let does_not_open = || Skip::new("does not decrypt with CREDS_KEY and CREDS_IV");
    let clear = cbc.open(&value).ok_or_else(does_not_open)?;
    // A wrong key may leave bytes that look padded; it does not leave JSON.
    let clear: Value = serde_json::from_str(clear.expose()).map_err(|_| does_not_open())?;
    let clear = clear.as_object().ok_or_else(does_not_open)?;
    let token = text(clear, &["accessToken"]).ok_or_else(|| Skip::new("holds no access token"))?;
    let person = clear.get("userData").and_then(Value::as_object).cloned().unwrap_or_default();
    let who = Who {
        old_id: Some(user.clone()),
        email: text(&person, &["email"]),
        name: text(&person, &["name", "username"]),
        ..Who::default()
    };
    let typed = ["accessToken", "token"].map(|name| (name.to_owned(), Value::String(token.clone())));
    let credential = Credential::Typed(typed.into_iter().collect());
    let mut connection = Connection::new(&["d0", &user, NAME], who, "planka", credential).keeping(id);
    connection.connected_at = time(clear, &["connectedAt"]).or_else(|| time(object, &["updatedAt"]));
    connection.written_at = time(object, &["updatedAt"]).or(connection.connected_at);
    connection.external.email = text(&person, &["email"]);
    connection.external.username = text(&person, &["username"]);
    connection.external.name = text(&person, &["name"]);
    connection.external.id = text(&person, &["id"]);
    Ok(connection)
}
