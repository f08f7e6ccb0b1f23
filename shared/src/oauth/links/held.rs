//! A grant as it is sealed into its link.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{
    providers::External,
    secret::Secret,
    store::integrations::{Kind, NewGrant},
};

/// All of a grant, in the clear: in memory only, and wiped.
#[derive(Serialize, Deserialize)]
pub(super) struct Held {
    provider: String,
    label: String,
    kind: Kind,
    client_id: Option<String>,
    client_secret: Option<String>,
    token_host: Option<String>,
    access: Option<String>,
    refresh: Option<String>,
    credential: Option<String>,
    /// When the access token ends, seconds since 1970.
    ends: Option<u64>,
    scopes: Vec<String>,
    external: External,
    fields: BTreeMap<String, String>,
}

impl Held {
    pub(super) fn of(grant: &NewGrant, now: i64) -> Self {
        let clear = |secret: &Option<Secret<String>>| secret.as_ref().map(|secret| secret.expose().clone());
        Self {
            client_secret: clear(&grant.client_secret),
            access: clear(&grant.access),
            refresh: clear(&grant.refresh),
            credential: clear(&grant.credential),
            ends: grant.expires_in.map(|seconds| seconds.saturating_add(now.unsigned_abs())),
            provider: grant.provider.clone(),
            label: grant.label.clone(),
            kind: grant.kind,
            client_id: grant.client_id.clone(),
            token_host: grant.token_host.clone(),
            scopes: grant.scopes.clone(),
            external: grant.external.clone(),
            fields: grant.fields.clone(),
        }
    }

    pub(super) fn grant(&self, now: i64) -> NewGrant {
        let secret = |clear: &Option<String>| clear.clone().map(Secret::new);
        NewGrant {
            kind: self.kind,
            client_id: self.client_id.clone(),
            client_secret: secret(&self.client_secret),
            token_host: self.token_host.clone(),
            access: secret(&self.access),
            refresh: secret(&self.refresh),
            credential: secret(&self.credential),
            expires_in: self.ends.map(|ends| ends.saturating_sub(now.unsigned_abs())),
            scopes: self.scopes.clone(),
            fields: self.fields.clone(),
            ..NewGrant::new(&self.provider, &self.label, self.external.clone())
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for secret in [&mut self.client_secret, &mut self.access, &mut self.refresh, &mut self.credential] {
            secret.zeroize();
        }
    }
}
