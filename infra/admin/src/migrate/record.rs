//! What the four older systems' records come to: whose, which provider, and what opens the account there.

use jiff::Timestamp;
use serde_json::Value;
use shared::{
    auth::Tenant,
    id::{IntegrationId, derived},
    providers::External,
    secret::Secret,
    store::integrations::Status,
};

use super::{
    cbc::Cbc,
    d0, d1, d2, d4,
    value::{Object, plain},
};
use crate::{
    cli::{Migrate, Old},
    failure::Failure,
};

/// One connection as an older system kept it.
pub(super) struct Connection {
    pub(super) id: Origin,
    pub(super) who: Who,
    /// As the older system called it.
    pub(super) provider: String,
    /// Whether it is kept also where no provider file describes it.
    pub(super) of_any_type: bool,
    pub(super) label: String,
    pub(super) credential: Credential,
    pub(super) scopes: Vec<String>,
    pub(super) settings: Object,
    pub(super) metadata: Object,
    pub(super) external: External,
    pub(super) connected_at: Option<Timestamp>,
    pub(super) last_tested_at: Option<Timestamp>,
    pub(super) last_used_at: Option<Timestamp>,
    pub(super) status: Option<Status>,
    pub(super) last_error: Option<String>,
    pub(super) error_count: i64,
    /// When the older system wrote it last: of several for one place it read the newest.
    pub(super) written_at: Option<Timestamp>,
}

/// What its id here comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The id that it had.
    Kept(IntegrationId),
    /// Where it was, which means one connection within one owner only: another installation may number alike.
    Place(Vec<String>),
}

impl Origin {
    /// The id, where it goes to this owner.
    pub(super) fn within(&self, tenant: &Tenant) -> IntegrationId {
        match self {
            Self::Kept(id) => id.clone(),
            Self::Place(place) => {
                let owner = [tenant.org().as_str(), tenant.owner().as_str()];
                derived(&owner.into_iter().chain(place.iter().map(String::as_str)).collect::<Vec<_>>())
            }
        }
    }
}

/// What opens the account.
pub(super) enum Credential {
    /// Tokens of an OAuth grant.
    Tokens(Tokens),
    /// What somebody typed, or whatever shape the older system had.
    Typed(Object),
}

/// Tokens, and when the first one ends.
pub(super) struct Tokens {
    pub(super) access: Secret<String>,
    pub(super) refresh: Option<Secret<String>>,
    pub(super) expires_at: Option<Timestamp>,
}

/// Whose it is, as far as the older system tells.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Who {
    /// The whole organisation's.
    pub(super) everybody: bool,
    /// The id of an account in the older system.
    pub(super) old_id: Option<String>,
    pub(super) email: Option<String>,
    /// What an app knows its user by.
    pub(super) external_id: Option<String>,
    pub(super) name: Option<String>,
    /// The organisation in the older system.
    pub(super) organisation: Option<String>,
    /// Whether it looked after that organisation.
    pub(super) administrator: bool,
}

/// A record, as it is called.
pub(crate) struct Named {
    /// In reports.
    pub(crate) name: String,
    /// Where the older system keeps it, and its id there, where it has one.
    pub(crate) kept: Option<(Shelf, String)>,
    /// Who it is, where it is a user's.
    pub(super) person: Option<Who>,
}

/// Where older systems keep records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shelf {
    /// D0's collection.
    Keys,
    /// D1's table.
    Credentials,
    /// D2's users, whose fields the connections are.
    Users,
    /// D2's collection of connections.
    Integrations,
    /// D4's file.
    File,
}

impl Named {
    pub(super) fn new(id: Option<&str>, shelf: Shelf, otherwise: Option<String>) -> Self {
        let name = id.map(str::to_owned).or(otherwise).unwrap_or_else(|| "?".to_owned());
        Self { name, kept: id.map(|id| (shelf, id.to_owned())), person: None }
    }
}

/// Why something was left out. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skip {
    /// The same sentence for all that were left out for the same reason.
    pub(super) reason: String,
    /// What has its place.
    pub(super) instead: Option<String>,
}

impl Skip {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), instead: None }
    }

    pub(super) fn instead(reason: &str, instead: String) -> Self {
        Self { reason: reason.to_owned(), instead: Some(instead) }
    }
}

impl Connection {
    /// One of which nothing more is known yet. `source` names where it was: the same source, the same id.
    pub(super) fn new(source: &[&str], who: Who, provider: &str, credential: Credential) -> Self {
        Self {
            id: Origin::Place(source.iter().map(|part| (*part).to_owned()).collect()),
            who,
            provider: provider.to_owned(),
            of_any_type: false,
            label: "default".to_owned(),
            credential,
            scopes: Vec::new(),
            settings: Object::new(),
            metadata: Object::new(),
            external: External::default(),
            connected_at: None,
            last_tested_at: None,
            last_used_at: None,
            status: None,
            last_error: None,
            error_count: 0,
            written_at: None,
        }
    }

    /// Keeps the id that it had, where that is one of 24 hexadecimal digits.
    pub(super) fn keeping(mut self, old: Option<&str>) -> Self {
        if let Some(kept) = old.filter(|old| old.len() == 24).and_then(|old| old.parse().ok()) {
            self.id = Origin::Kept(kept);
        }
        self
    }
}

/// Reads one older system's records.
pub(super) struct Reader {
    pub(super) old: Old,
    cbc: Option<Cbc>,
    /// What may be lost, by name.
    pub(super) ignore: Vec<String>,
}

impl Reader {
    /// With what it needs to open them.
    pub(super) fn new(args: &Migrate) -> Result<Self, Failure> {
        let cbc = (args.from == Old::D0).then(Cbc::from_environment).transpose()?;
        Ok(Self { old: args.from, cbc, ignore: args.ignore.clone() })
    }

    /// How a record is called in reports, and its connections, each read or left out.
    pub(super) fn read(&self, key: Option<&str>, value: Value) -> (Named, Vec<Result<Connection, Skip>>) {
        let unnamed = || Named { name: key.unwrap_or("?").to_owned(), kept: None, person: None };
        let Value::Object(object) = plain(value) else {
            return (unnamed(), vec![Err(Skip::new("is no object"))]);
        };
        match (self.old, &self.cbc) {
            (Old::D0, Some(cbc)) => d0::read(&object, cbc),
            (Old::D1, _) => d1::read(&object, &self.ignore),
            (Old::D2, _) => d2::read(&object),
            (Old::D4, _) => d4::read(key, &object),
            (Old::D0, None) => (unnamed(), vec![Err(Skip::new("cannot be opened without CREDS_KEY"))]),
        }
    }

    /// Refuses a table whose header has columns that would be lost.
    pub(super) fn header(&self, columns: &[String]) -> Result<(), Failure> {
        if self.old != Old::D1 {
            return Err(Failure::usage("only D1's table is read as CSV; the others export JSON"));
        }
        d1::header(columns, &self.ignore).map_err(Failure::usage)
    }
}
