//! The operator's OAuth clients: one JSON secret, `{"github": {"client_id": "…", "client_secret": "…"}}`.
//!
//! Read when first needed and kept for five minutes, so that a changed secret is picked up without a deploy. Where it
//! cannot be read then, the last reading goes on.

use std::{collections::HashMap, sync::Arc};

use serde::Deserialize;
use tokio::sync::Mutex;

use super::Client;
use crate::{
    aws::{Aws, reason},
    clock::Clock,
    providers::Provider,
    secret::Secret,
};

/// How long a reading counts, in seconds.
const KEEP: i64 = 300;
/// After one that failed, how long the one before counts, in seconds.
const AGAIN: i64 = 30;

/// The operator's OAuth clients.
pub struct Clients {
    aws: Aws,
    clock: Clock,
    secret: Option<String>,
    read: Mutex<Option<(i64, Arc<Entries>)>>,
}

/// By provider.
type Entries = HashMap<String, Entry>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    client_id: String,
    #[serde(default)]
    client_secret: Option<Secret<String>>,
}

/// The secret with the clients could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// This function was deployed without the secret's name.
    #[error("OAUTH_CLIENTS_SECRET is not set")]
    Unset,
    /// Secrets Manager did not give it.
    #[error("the OAuth clients could not be read: {0}")]
    Unavailable(String),
    /// It is not JSON of the documented shape. The text itself is not repeated: it holds secrets.
    #[error("the OAuth clients' secret is not of the documented shape")]
    Malformed,
}

impl Clients {
    pub(crate) fn new(aws: Aws, clock: Clock, secret: Option<String>) -> Self {
        Self { aws, clock, secret, read: Mutex::new(None) }
    }

    /// The client for a provider: its own entry, or that of the provider whose client it shares, or that it extends.
    pub async fn get(&self, provider: &Provider) -> Result<Option<Client>, Error> {
        let all = self.all().await?;
        let shared = provider.oauth2().and_then(|oauth2| oauth2.client_of.as_deref());
        let names = [Some(provider.slug()), shared, Some(provider.family())];
        let own = names.into_iter().flatten().find_map(|name| all.get(name));
        Ok(match own {
            Some(entry) => Some(Client { id: entry.client_id.clone(), secret: entry.client_secret.clone() }),
            None => Client::public(provider),
        })
    }

    async fn all(&self) -> Result<Arc<Entries>, Error> {
        let now = self.clock.epoch();
        let mut read = self.read.lock().await;
        if let Some((at, all)) = &*read
            && now - at < KEEP
        {
            return Ok(all.clone());
        }
        match self.fetched().await {
            Ok(all) => {
                let all = Arc::new(all);
                *read = Some((now, Arc::clone(&all)));
                Ok(all)
            }
            // Clients seldom change, and everybody's refreshes would fail for one answer that does not come.
            Err(error) => match read.as_mut() {
                Some((at, all)) => {
                    tracing::error!(%error, "the OAuth clients are used as they were read before");
                    *at = now - KEEP + AGAIN;
                    Ok(all.clone())
                }
                None => Err(error),
            },
        }
    }

    async fn fetched(&self) -> Result<Entries, Error> {
        let id = self.secret.as_ref().ok_or(Error::Unset)?;
        let answer = self.aws.secrets().get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| Error::Unavailable(reason(&error)))?;
        let text = Secret::new(answer.secret_string.unwrap_or_default());
        serde_json::from_str(text.expose()).map_err(|_| Error::Malformed)
    }
}

impl From<Error> for crate::http::Error {
    fn from(error: Error) -> Self {
        Self::new(crate::http::Code::Unavailable, "The OAuth clients are not available at the moment").caused_by(error)
    }
}
