//! Somebody who signs up, connects an account and makes a service key: over HTTP, as a front end does it.

use serde_json::json;
use shared::auth::{Owner, Tenant};
use url::Url;

use crate::{
    Failure,
    http::{Connection, request},
};

/// Somebody who is signed in.
pub(crate) struct Customer {
    pub(crate) access_token: String,
    /// A service key that may read this user's tokens.
    pub(crate) key: String,
    org: String,
    user: String,
}

impl Customer {
    /// Signs up and makes a key.
    pub(crate) async fn sign_up(server: &mut Connection) -> Result<Self, Failure> {
        let who = json!({ "email": EMAIL, "password": PASSWORD, "full_name": "Ada Lovelace" });
        let signed_in = server.ask("POST", "/api/auth/register", "", &who).await?;
        let text = |pointer: &str| {
            let found = signed_in.pointer(pointer).and_then(|value| value.as_str());
            found.map(str::to_owned).ok_or_else(|| format!("a sign-up without {pointer}"))
        };
        let access_token = text("/access_token")?;
        let key = json!({ "name": "a back end", "scopes": ["tokens:read"] });
        let key = server.ask("POST", "/api/auth/keys", &access_token, &key).await?;
        let key = key["key"].as_str().ok_or("a key without its secret")?.to_owned();
        Ok(Self { access_token, key, org: text("/user/team_id")?, user: text("/user/id")? })
    }

    /// Connects an account at a provider whose page takes the answer from a form.
    pub(crate) async fn connect(&self, server: &mut Connection, provider: &str) -> Result<(), Failure> {
        let start = format!("/api/integrations/oauth/start/{provider}");
        let started = server.ask("POST", &start, &self.access_token, &json!({})).await?;
        let page: Url = started["authUrl"].as_str().ok_or("no address of the provider")?.parse()?;
        let mut browser = Connection::open(page.port_or_known_default().ok_or("no port")?).await?;
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let target = &page[url::Position::BeforePath..];
        let consent = browser.send(&request("POST", target, &form, "person=ada&decision=approve")).await?;
        let back: Url = consent.header("location").ok_or("the provider sends nobody back")?.parse()?;
        let returned: serde_json::Map<_, _> =
            back.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        server.ask("POST", "/api/integrations/oauth/callback", &self.access_token, &returned.into()).await?;
        Ok(())
    }

    /// Types a key in: what a list then opens.
    pub(crate) async fn keep_a_key(&self, server: &mut Connection) -> Result<(), Failure> {
        let key = json!({ "credentialType": "openai", "credentials": { "api_key": "sk-a-key-that-opens-nothing" } });
        server.ask("POST", "/api/credentials", &self.access_token, &key).await?;
        Ok(())
    }

    /// The request for a token of this user's.
    pub(crate) fn token_request(&self, provider: &str, label: &str) -> Vec<u8> {
        request("GET", &token_path(provider, label), &[("authorization", &format!("Bearer {}", self.key))], "")
    }

    /// Whose data it is.
    pub(crate) fn tenant(&self) -> Result<Tenant, Failure> {
        Ok(Tenant::for_job(self.org.parse()?, Owner::User(self.user.parse()?)))
    }
}

/// The address that everybody here signs up with.
pub(crate) const EMAIL: &str = "ada@example.org";
/// And the password.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Where a token is had.
pub(crate) fn token_path(provider: &str, label: &str) -> String {
    format!("/api/integrations/{provider}/token?label={label}")
}
