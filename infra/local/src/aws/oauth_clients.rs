//! OAuth clients from environment variables, as the `oauth-clients` secret holds them.

use serde_json::{Map, Value, json};

/// `GITHUB_CLIENT_ID` and `GITHUB_CLIENT_SECRET` become `{"github": {"client_id": …, "client_secret": …}}`.
///
/// Facebook calls its client an app: `FACEBOOK_APP_ID` and `FACEBOOK_APP_SECRET`. Empty values count as missing.
pub fn oauth_clients(environment: impl IntoIterator<Item = (String, String)>) -> Value {
    let mut clients = Map::new();
    for (name, value) in environment {
        let name = name.replace("FACEBOOK_APP_", "FACEBOOK_CLIENT_");
        let parts = [("_CLIENT_ID", "client_id"), ("_CLIENT_SECRET", "client_secret")];
        for (suffix, member) in parts {
            if let Some(slug) = name.strip_suffix(suffix).filter(|slug| !slug.is_empty() && !value.is_empty()) {
                let client = clients.entry(slug.to_lowercase()).or_insert_with(|| json!({}));
                client[member] = Value::String(value.clone());
            }
        }
    }
    Value::Object(clients)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_become_clients_by_slug() {
        let environment =
            [("GOOGLE_CALENDAR_CLIENT_ID", "a"), ("FACEBOOK_APP_SECRET", "b"), ("SLACK_CLIENT_ID", ""), ("HOME", "/")];
        let clients = oauth_clients(environment.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(clients, json!({ "google_calendar": { "client_id": "a" }, "facebook": { "client_secret": "b" } }));
    }
}
