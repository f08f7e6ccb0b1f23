//! Users, and the claim on their e-mail address. Where they belong is in [`super::members`]; those that an app made are in
//! [`super::managed`].
//!
//! Nothing here knows passwords or sessions; the hash is text to it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Attempt, Error, Item, Store, Table, Written, audit::Detailed, errands::Errand, families::Family,
    invitations::Invitation, key, read, text, update,
};
use crate::{
    auth::Role,
    id::{OrgId, UserId},
    secret::Secret,
};

/// The sort key of rows that stand alone in their partition.
pub(super) const SELF: &str = "self";

/// Addresses remembered of each user.
const USUAL: usize = 10;

/// A person, registered or managed.
#[derive(Clone, Deserialize)]
pub struct User {
    /// Who it is.
    pub id: UserId,
    /// The organisation; one at a time.
    pub org: OrgId,
    /// What the person is in it.
    pub role: Role,
    /// Lower case, trimmed. A managed user may have none, and one that is there is nobody's claim.
    #[serde(default)]
    pub email: Option<String>,
    /// What the app that made a managed user calls them.
    #[serde(default)]
    pub external_id: Option<String>,
    /// The name shown.
    pub full_name: String,
    /// A name to log in by elsewhere, where one was given.
    #[serde(default)]
    pub username: Option<String>,
    /// A picture's address.
    #[serde(default)]
    pub avatar_url: Option<String>,
    /// Whether the person may sign in.
    pub is_active: bool,
    /// Whether the e-mail address was proven.
    pub is_verified: bool,
    /// The password's hash; none for whoever signs in elsewhere.
    #[serde(default)]
    pub password: Option<Secret<String>>,
    /// How often all sessions were ended at once. A session lives while this is what it was at its start.
    #[serde(default)]
    pub sessions: i64,
    /// Which of their key rings counts. Service keys that they made under an earlier one are good no more: what somebody
    /// made elsewhere, or before the address was proven to be theirs.
    #[serde(default)]
    pub keyring: i64,
    /// What the person set, in the clear: never a secret.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The last sign-in.
    #[serde(default)]
    pub last_login: Option<Timestamp>,
    /// Marks of the addresses that the person signed in from, the latest first.
    #[serde(default)]
    pub usual: Vec<String>,
}

impl Home<'_> {
    /// Which organisation it is.
    pub fn org(&self) -> &OrgId {
        match self {
            Self::Own(org, _) | Self::Vouched(org) => org,
            Self::Appointed(org) => org,
            Self::Invited(invitation, _) => &invitation.org,
        }
    }
}

impl User {
    /// Whether a session of theirs is still good for what they are now.
    pub fn keeps(&self, family: &Family) -> bool {
        self.is_active && self.org == family.org && self.sessions == family.sessions
    }

    /// The marks of their usual addresses, once they were at this one too.
    pub(super) fn usual_with<'a>(&'a self, from: &'a str) -> Vec<&'a str> {
        let others = self.usual.iter().map(String::as_str).filter(|mark| *mark != from);
        std::iter::once(from).chain(others).take(USUAL).collect()
    }

    /// How others call them: the name to log in by elsewhere, else the address, else an app's own id.
    pub fn called(&self) -> &str {
        let names = [&self.username, &self.email, &self.external_id];
        names.into_iter().flatten().next().unwrap_or(&self.full_name)
    }

    /// What a page calls them.
    pub fn shown(self) -> String {
        self.email.or(self.external_id).unwrap_or(self.full_name)
    }
}

/// An account about to be made.
pub struct Registration<'a> {
    /// The new user's id.
    pub user: UserId,
    /// Where it will belong.
    pub home: Home<'a>,
    /// Normalised.
    pub email: &'a str,
    /// The name shown.
    pub full_name: &'a str,
    /// The password's hash.
    pub password: &'a Secret<String>,
}

/// The organisation that a new user belongs to.
#[derive(Clone)]
pub enum Home<'a> {
    /// A new one of their own; and the mail by which they prove their address.
    Own(OrgId, &'a Errand),
    /// A new one of their own, by the word of whoever runs this installation, who vouches for the address.
    Vouched(OrgId),
    /// One that is there, as its administrator, by the same word.
    Appointed(&'a OrgId),
    /// The one that invited them, by a mail to this very address; so many members may it have.
    Invited(&'a Invitation, i64),
}

#[derive(Serialize)]
struct UserRow<'a> {
    id: &'a UserId,
    org: &'a OrgId,
    role: Role,
    email: &'a str,
    full_name: &'a str,
    is_active: bool,
    is_verified: bool,
    password: &'a str,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) user: UserId,
}

impl Store {
    /// Makes the user, the claim on the e-mail address and the membership (with the organisation, where it is the user's
    /// own), and writes it down, in one step; nothing where the address is taken, or the invitation is good no more.
    pub async fn register(&self, new: &Registration<'_>, entry: &Detailed<'_>) -> Result<Option<User>, Error> {
        let (created_at, attempt) = (self.clock().now(), Attempt::new());
        let org = new.home.org();
        let (role, is_verified) = match &new.home {
            Home::Own(..) => (Role::Admin, false),
            Home::Vouched(_) | Home::Appointed(_) => (Role::Admin, true),
            Home::Invited(invitation, _) => (invitation.role, true),
        };
        let user = UserRow {
            id: &new.user,
            org,
            role,
            email: new.email,
            full_name: new.full_name,
            is_active: true,
            is_verified,
            password: new.password.expose(),
            created_at,
        };
        let user = row(&user_key(&new.user), SELF, &user)?;
        let claim = Claim { user: new.user.clone() };
        let mut steps = vec![
            self.put_in(Table::Users, row(&email_key(new.email), SELF, &claim)?, &attempt)?,
            self.put_in(Table::Users, user.clone(), &attempt)?,
            self.new_member(org, &new.user, role, &attempt)?,
            self.audited(entry)?,
        ];
        match &new.home {
            Home::Own(org, letter) => {
                steps.push(self.new_organisation(org, new.full_name, &attempt)?);
                steps.push(self.errand_in(letter, &attempt)?);
            }
            Home::Vouched(org) => steps.push(self.new_organisation(org, new.full_name, &attempt)?),
            Home::Appointed(org) => steps.push(self.one_more(org, role, 0, &attempt)?),
            Home::Invited(invitation, most) => {
                steps.push(self.one_more(org, role, *most, &attempt)?);
                steps.push(self.use_up(invitation, &new.user, &attempt)?);
            }
        }
        Ok(if self.transact(steps, &attempt).await? { Some(read(user)?) } else { None })
    }

    /// A user by id. `sure` reads what was written last; otherwise it may be a second old.
    pub async fn user(&self, id: &UserId, sure: bool) -> Result<Option<User>, Error> {
        self.row(&user_key(id), sure).await?.map(read).transpose()
    }

    /// Users by their ids, in the same order; who is not there is left out.
    pub async fn users(&self, ids: &[&UserId]) -> Result<Vec<User>, Error> {
        let found = futures_util::future::try_join_all(ids.iter().map(|id| self.user(id, false))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// A user by normalised e-mail address. Two reads whether there is one or not, so that an answer's time does not
    /// tell.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, Error> {
        let claim: Option<Claim> = self.row(&email_key(email), true).await?.map(read).transpose()?;
        let id = claim.map_or_else(|| "nobody".to_owned(), |claim| claim.user.into());
        self.row(&key::join(&["USER", &id]), true).await?.map(read).transpose()
    }

    /// Notes a sign-in: when, from where, and the password's new hash where the old one is to be replaced.
    pub async fn signed_in(&self, user: &User, from: &str, rehashed: Option<&Secret<String>>) -> Result<(), Error> {
        let usual: Vec<_> = user.usual_with(from).into_iter().map(text).collect();
        let mut write = self
            .client()
            .update_item()
            .table_name(self.table(Table::Users))
            .key("pk", text(user_key(&user.id)))
            .key("sk", text(SELF))
            .expression_attribute_values(":now", text(self.clock().now().to_string()))
            .expression_attribute_values(":usual", AttributeValue::L(usual));
        // A password that was changed meanwhile is not overwritten by a hash of the one before.
        write = match (rehashed, &user.password) {
            (Some(new), Some(old)) => write
                .update_expression("SET last_login = :now, usual = :usual, attempt = :attempt, password = :new")
                .condition_expression("password = :old")
                .expression_attribute_values(":new", text(new.expose()))
                .expression_attribute_values(":old", text(old.expose())),
            _ => write
                .update_expression("SET last_login = :now, usual = :usual, attempt = :attempt")
                .condition_expression("attribute_exists(pk)"),
        };
        match update(write, &Attempt::new()).await? {
            Written::Yes(_) | Written::No(_) => Ok(()),
        }
    }

    pub(super) async fn row(&self, pk: &str, sure: bool) -> Result<Option<Item>, Error> {
        let get = self.client().get_item().table_name(self.table(Table::Users));
        let output = get.key("pk", text(pk)).key("sk", text(SELF)).consistent_read(sure).send().await?;
        Ok(output.item)
    }
}

/// A row with its keys.
pub(super) fn row(pk: &str, sk: &str, value: &impl Serialize) -> Result<Item, Error> {
    let mut item: Item = serde_dynamo::to_item(value)?;
    item.insert("pk".to_owned(), text(pk));
    item.insert("sk".to_owned(), text(sk));
    Ok(item)
}

pub(super) fn user_key(id: &UserId) -> String {
    key::join(&["USER", id.as_str()])
}

pub(super) fn email_key(email: &str) -> String {
    key::join(&["EMAIL", email])
}
