//! An integration as it is stored, and what it says of itself.

use std::{collections::BTreeMap, ops::Deref};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Slot, Status, keys, protocol::View};
use crate::{
    auth::Tenant,
    id::IntegrationId,
    store::{Error, Item, expression::Value, key::Key, read},
    vault::{Place, Purpose, Sealed},
};

/// D2 counts a token as in need of a refresh so long before it ends, in seconds.
const SOON: i64 = 300;

/// What kind of credential an integration holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A grant by consent.
    Oauth,
    /// Keys, tokens or passwords that a person typed.
    ApiKey,
}

impl Kind {
    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Oauth => "oauth",
            Self::ApiKey => "api_key",
        }
    }
}

/// The account at the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct External {
    /// The account's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Its e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A picture's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// The workspace, team or site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

impl From<&External> for Value {
    fn from(external: &External) -> Self {
        let External { id, username, email, name, avatar, workspace } = external;
        let facts = [
            ("id", id),
            ("username", username),
            ("email", email),
            ("name", name),
            ("avatar", avatar),
            ("workspace", workspace),
        ];
        let known = facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact.as_deref()?.into())));
        Self::Map(known.collect())
    }
}

/// The row's attributes.
#[derive(Clone, Debug, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: IntegrationId,
    /// The provider's canonical id.
    pub provider: String,
    /// Which of the owner's connections to that provider.
    pub label: String,
    /// What kind of credential it holds.
    pub kind: Kind,
    /// As stored.
    pub status: Status,
    /// Counts what the provider gave; bound into the sealed values.
    pub grant: u64,
    /// Counts edits.
    #[serde(default)]
    pub rev: u64,
    /// Since when it is connected.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub connected_at: Option<Timestamp>,
    /// When it was disconnected: then this is a tombstone.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub disconnected_at: Option<Timestamp>,
    /// When it was lent last, to the hour.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub last_used_at: Option<Timestamp>,
    /// When it was tested last.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub last_tested_at: Option<Timestamp>,
    /// When its data was brought into step last.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub last_sync_at: Option<Timestamp>,
    /// When the access token ends, where that is known.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub expires_at: Option<Timestamp>,
    /// When the present tokens were given.
    #[serde(default, with = "jiff::fmt::serde::timestamp::second::optional")]
    pub refreshed_at: Option<Timestamp>,
    /// When the slot was first filled.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub created_at: Timestamp,
    /// When anything was changed last.
    #[serde(with = "jiff::fmt::serde::timestamp::second::required")]
    pub updated_at: Timestamp,
    /// What was granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Who it is at the provider.
    #[serde(default)]
    pub external: External,
    /// What requests need and is not secret.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Whether the owner wants its data kept in step.
    #[serde(default)]
    pub sync_enabled: bool,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// How often in a row it went wrong.
    #[serde(default)]
    pub error_count: u32,
    /// The OAuth client the grant belongs to.
    pub client_id: Option<String>,
    /// Where its refresh token may be sent.
    pub token_host: Option<String>,
    /// When it falls due, as the index holds it.
    pub due_sk: Option<String>,
    /// The access token.
    pub access_token: Option<Sealed>,
    /// The refresh token.
    pub refresh_token: Option<Sealed>,
    /// What a person typed.
    pub credential: Option<Sealed>,
    /// The secret of the owner's own OAuth client.
    pub client_secret: Option<Sealed>,
    /// Settings and metadata in free form.
    pub notes: Option<Sealed>,
    /// The `rev` that the notes were sealed at.
    #[serde(default)]
    pub notes_rev: u64,
}

/// An integration: its row, and whose it is.
#[derive(Clone, Debug)]
pub struct Integration {
    tenant: Tenant,
    view: View,
    record: Record,
}

impl Deref for Integration {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.record
    }
}

impl Integration {
    /// Reads a row.
    pub(crate) fn read(item: Item) -> Result<Self, Error> {
        let tenant = Key::of(&item).as_ref().and_then(keys::tenant);
        let tenant = tenant.ok_or_else(|| Error::Unreadable("an integration's key".to_owned()))?;
        Ok(Self { tenant, view: View::of(&item), record: read(item)? })
    }

    /// Whose it is.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What the refresh protocol looks at.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Which slot it fills.
    pub fn slot(&self) -> Slot {
        Slot::new(&self.provider, &self.label)
    }

    /// Its row.
    pub fn key(&self) -> Key {
        self.slot().key(&self.tenant)
    }

    /// The place that one of its sealed values opens in.
    pub fn place<'a>(&'a self, field: &'a str) -> Place<'a> {
        self.place_at(field, self.grant)
    }

    /// The same under another number: a later grant, or the `rev` of what edits change.
    pub(crate) fn place_at<'a>(&'a self, field: &'a str, grant: u64) -> Place<'a> {
        Place {
            org: self.tenant.org(),
            owner: self.tenant.owner(),
            purpose: Purpose::Integration,
            record: self.id.as_str(),
            provider: &self.provider,
            field,
            grant,
        }
    }

    /// Not to be refreshed before this time, as far as this copy goes: nothing is stored.
    pub(crate) fn hold_off(&mut self, until: i64) {
        self.view.retry_at = Some(until);
    }

    /// Whether it counts as connected: in use, or ended and able to renew itself.
    pub fn connected(&self) -> bool {
        match self.status {
            Status::Active => true,
            Status::Expired => self.refresh_token.is_some(),
            Status::Pending | Status::Inactive | Status::Revoked | Status::Error => false,
        }
    }

    /// Whether its access token ends within five minutes and can be renewed.
    pub fn needs_refresh(&self, now: Timestamp) -> bool {
        self.refresh_token.is_some() && self.expires_at.is_some_and(|end| end.as_second() - now.as_second() <= SOON)
    }

    /// Whether its access token has ended.
    pub fn is_token_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}
