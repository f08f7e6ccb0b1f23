//! An integration as the rest of the house reads it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Status, protocol::View};
use crate::{
    auth::{Owner, Tenant},
    id::{IntegrationId, OrgId},
    providers::External,
    store::{Error, Item, epoch, key::Key, read},
    vault::{Place, Purpose, Sealed},
};

/// What kind of credential an integration holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Tokens of an OAuth grant.
    Oauth,
    /// What a person typed.
    ApiKey,
    /// What a person typed, and the access token that it mints.
    Minted,
}

impl Kind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::ApiKey => "api_key",
            Self::Minted => "minted",
        }
    }
}

/// How tokens that were got elsewhere came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provenance {
    /// Their owner handed them over.
    Pasted,
    /// The operator took them over from an older system.
    Migrated,
}

impl Provenance {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pasted => "pasted",
            Self::Migrated => "migrated",
        }
    }
}

/// One user's stored connection to a provider. Its secrets are here as the vault sealed them.
#[derive(Clone, Deserialize)]
pub struct Integration {
    /// Its id.
    pub id: IntegrationId,
    /// The organisation.
    pub org: OrgId,
    owner: String,
    /// The provider's slug.
    pub provider: String,
    /// Tells several of one provider apart.
    pub label: String,
    /// What is inside.
    pub kind: Kind,
    /// Its state.
    #[serde(deserialize_with = "known")]
    pub status: Status,
    /// Counts what the provider gave.
    pub grant: u64,
    /// The OAuth client that the grant was given to.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The host that the refresh token may be sent to.
    #[serde(default)]
    pub token_host: Option<String>,
    /// How tokens that were got elsewhere came here: perhaps by another client than the one named here. A refresh that
    /// succeeds proves ours.
    #[serde(default)]
    pub provenance: Option<Provenance>,
    /// What was granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Whose account it is.
    #[serde(default)]
    pub external: External,
    /// What a person told before connecting, and facts kept with the grant.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// When it was made.
    #[serde(deserialize_with = "epoch::deserialize")]
    pub created_at: Timestamp,
    /// Since when it is connected.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub connected_at: Option<Timestamp>,
    /// When the access token ends, where that is known.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub expires_at: Option<Timestamp>,
    /// When its row was changed last.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub updated_at: Option<Timestamp>,
    /// What its owner calls it.
    #[serde(default)]
    pub name: Option<String>,
    /// When it was lent last, to the hour.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub last_used_at: Option<Timestamp>,
    /// When it was tested last.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub last_tested_at: Option<Timestamp>,
    /// When data were synchronised last.
    #[serde(default, deserialize_with = "epoch::optional::deserialize")]
    pub last_sync_at: Option<Timestamp>,
    /// Whether data are synchronised at all.
    #[serde(default = "yes")]
    pub sync_enabled: bool,
    /// What went wrong last.
    #[serde(default)]
    pub last_error: Option<String>,
    /// Failures in a row.
    #[serde(default)]
    pub error_count: i64,
    #[serde(default)]
    pub(crate) access_token: Option<Sealed>,
    #[serde(default)]
    pub(crate) refresh_token: Option<Sealed>,
    #[serde(default)]
    pub(crate) credential: Option<Sealed>,
    #[serde(default)]
    pub(crate) client_secret: Option<Sealed>,
    #[serde(default)]
    pub(crate) settings: Option<Sealed>,
    #[serde(default)]
    pub(crate) settings_rev: Option<u64>,
    #[serde(default)]
    pub(crate) metadata: Option<Sealed>,
    #[serde(default)]
    pub(crate) metadata_rev: Option<u64>,
    #[serde(default)]
    pub(crate) rev: i64,
    #[serde(skip)]
    pub(crate) view: View,
}

fn yes() -> bool {
    true
}

/// A state that a newer version wrote is left alone: nothing is lent of it, and it is shown as switched off.
fn known<'de, D: serde::Deserializer<'de>>(text: D) -> Result<Status, D::Error> {
    let text = String::deserialize(text)?;
    Ok(Status::parse(&text).unwrap_or_else(|| {
        tracing::warn!(status = text, "an integration is in a state that this version does not know");
        Status::Inactive
    }))
}

impl Integration {
    /// Reads a row.
    pub(crate) fn of(item: Item) -> Result<Self, Error> {
        let view = View::of(&item);
        let read: Self = read(item)?;
        let status = if view.switched_off { Status::Inactive } else { read.status };
        Ok(Self { status, view, ..read })
    }

    /// Whether it can serve: active, or stale with something to renew it by.
    pub fn connected(&self) -> bool {
        !self.view.disconnected
            && match self.status {
                Status::Active => true,
                Status::Expired | Status::Error => self.view.refreshable,
                Status::Pending | Status::Inactive | Status::Revoked => false,
            }
    }

    /// Whether the token is within five minutes of its end and could be renewed (D2's `needsRefresh`).
    pub fn needs_refresh(&self, now: Timestamp) -> bool {
        let soon = self.expires_at.is_some_and(|end| end.as_second() - now.as_second() <= 300);
        self.view.refreshable && soon
    }

    /// Whether the token's end has passed (D2's `isTokenExpired`).
    pub fn is_token_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it holds something that a person typed.
    pub fn holds_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// Whether something is kept that renews its token: a refresh token, or the credential that it was minted by.
    pub fn is_refreshable(&self) -> bool {
        self.view.refreshable
    }

    /// Who owns it.
    pub fn tenant(&self) -> Result<Tenant, Error> {
        let owner = match self.owner.as_str() {
            "_org" => Owner::Organisation,
            user => Owner::User(user.parse().map_err(|_| Error::Unreadable("an integration's owner".to_owned()))?),
        };
        Ok(Tenant::for_job(self.org.clone(), owner))
    }

    /// Whether it is this tenant's.
    pub fn belongs_to(&self, tenant: &Tenant) -> bool {
        self.org == *tenant.org() && self.owner == tenant.owner().as_str()
    }

    /// The owner, as it stands in keys.
    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }

    /// Where its row is.
    pub(crate) fn key(&self) -> Key {
        super::key_of(&self.org, &self.owner, &self.provider, &self.label)
    }

    /// The place that one of its secrets is sealed for.
    pub(crate) fn place<'a>(&'a self, tenant: &'a Tenant, field: &'a str) -> Place<'a> {
        Place {
            org: tenant.org(),
            owner: tenant.owner(),
            purpose: Purpose::Integration,
            record: self.id.as_str(),
            provider: &self.provider,
            field,
            grant: self.grant,
        }
    }

    /// The place that settings or metadata are sealed for, in one edit. The grant is not in it: a refresh leaves them
    /// as they are.
    pub(crate) fn setting_place<'a>(&'a self, tenant: &'a Tenant, field: &'a str, rev: u64) -> Place<'a> {
        Place { purpose: Purpose::Setting, grant: rev, ..self.place(tenant, field) }
    }
}
