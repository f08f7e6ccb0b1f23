//! Users, the claim on their e-mail address, and the organisation that each brings along.
//!
//! Nothing here knows passwords or sessions; the hash is text to it.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Attempt, Error, Item, Store, Table, Written, key, read, text, update};
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
    /// Lower case, trimmed.
    pub email: String,
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

/// An account about to be made.
pub struct Registration<'a> {
    /// The new user's id.
    pub user: UserId,
    /// The new organisation's id.
    pub org: OrgId,
    /// Normalised.
    pub email: &'a str,
    /// The name shown.
    pub full_name: &'a str,
    /// The password's hash.
    pub password: &'a Secret<String>,
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

#[derive(Serialize)]
struct OrgRow<'a> {
    id: &'a OrgId,
    name: &'a str,
    plan: &'static str,
    created_at: Timestamp,
}

#[derive(Serialize)]
struct MemberRow<'a> {
    user: &'a UserId,
    role: Role,
    created_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct EmailClaim {
    user: UserId,
}

impl Store {
    /// Makes the user, the claim on the e-mail address, a personal organisation and the membership in it, in one step;
    /// nothing where the address is taken.
    pub async fn register(&self, new: &Registration<'_>) -> Result<Option<User>, Error> {
        let created_at = self.clock().now();
        let role = Role::Admin;
        let user = UserRow {
            id: &new.user,
            org: &new.org,
            role,
            email: new.email,
            full_name: new.full_name,
            is_active: true,
            is_verified: false,
            password: new.password.expose(),
            created_at,
        };
        let org = OrgRow { id: &new.org, name: &format!("{}'s team", new.full_name), plan: "free", created_at };
        let (org_id, user_id) = (new.org.as_str(), new.user.as_str());
        let attempt = Attempt::new();
        let user = row(&user_key(&new.user), SELF, &user)?;
        let claim = EmailClaim { user: new.user.clone() };
        let member = MemberRow { user: &new.user, role, created_at };
        let steps = vec![
            self.put_in(Table::Users, row(&email_key(new.email), SELF, &claim)?, &attempt)?,
            self.put_in(Table::Users, user.clone(), &attempt)?,
            self.put_in(Table::Users, row(&key::join(&["ORG", org_id]), SELF, &org)?, &attempt)?,
            self.put_in(
                Table::Users,
                row(&key::join(&["ORG", org_id]), &key::join(&["MEMBER", user_id]), &member)?,
                &attempt,
            )?,
        ];
        Ok(if self.transact(steps, &attempt).await? { Some(read(user)?) } else { None })
    }

    /// A user by id. `sure` reads what was written last; otherwise it may be a second old.
    pub async fn user(&self, id: &UserId, sure: bool) -> Result<Option<User>, Error> {
        self.row(&user_key(id), sure).await?.map(read).transpose()
    }

    /// A user by normalised e-mail address. Two reads whether there is one or not, so that an answer's time does not
    /// tell.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<User>, Error> {
        let claim: Option<EmailClaim> = self.row(&email_key(email), true).await?.map(read).transpose()?;
        let id = claim.map_or_else(|| "nobody".to_owned(), |claim| claim.user.into());
        self.row(&key::join(&["USER", &id]), true).await?.map(read).transpose()
    }

    /// Notes a sign-in: when, from where, and the password's new hash where the old one is to be replaced.
    pub async fn signed_in(&self, user: &User, from: &str, rehashed: Option<&Secret<String>>) -> Result<(), Error> {
        let others = user.usual.iter().map(String::as_str).filter(|mark| *mark != from);
        let usual: Vec<_> = std::iter::once(from).chain(others).take(USUAL).map(text).collect();
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

fn user_key(id: &UserId) -> String {
    key::join(&["USER", id.as_str()])
}

fn email_key(email: &str) -> String {
    key::join(&["EMAIL", email])
}
