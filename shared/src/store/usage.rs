//! What models were used for: counters by organisation, day, user, project and model. Nothing that anybody wrote.
//!
//! A partition a day, so that a report asks for its days and nothing else. Counting is one atomic addition in a
//! transaction of its own, since DynamoDB does a transaction once however often it is sent within ten minutes.

use std::time::Duration;

use aws_sdk_dynamodb::{error::SdkError, types::TransactWriteItem};
use jiff::{ToSpan, civil::Date};
use serde::Deserialize;

use super::{
    Error, Item, Store, Table,
    expression::{Attribute, Change, Condition, Write},
    key::{self, Key},
    read, text,
};
use crate::{
    auth::Tenant,
    id::{OrgId, random},
};

/// Rows are left to expire after so many days: one year and the one before can be compared.
const KEPT_DAYS: i64 = 750;
/// So many rows are asked for at once.
const PAGE: usize = 1000;
/// Tries before a counter that others keep adding to counts as busy.
const TRIES: u32 = 8;

const USER: Attribute = "user";
const USERNAME: Attribute = "username";
const PROJECT: Attribute = "project";
const MODEL: Attribute = "model";
const REQUESTS: Attribute = "requests";
const INPUT: Attribute = "input_tokens";
const OUTPUT: Attribute = "output_tokens";
const TOTAL: Attribute = "total_tokens";
const EXPIRES: Attribute = "expires";

/// One use of a model, as an application tells it.
pub struct Use<'a> {
    /// Who: a user's id or name, or `guest`.
    pub user: &'a str,
    /// How the user is called, where that is another name.
    pub username: Option<&'a str>,
    /// In which project.
    pub project: &'a str,
    /// Which model.
    pub model: &'a str,
    /// Tokens in.
    pub input: i64,
    /// Tokens out.
    pub output: i64,
    /// Tokens in all.
    pub total: i64,
}

/// A day's numbers of one user, project and model.
#[derive(Clone, Debug, Deserialize)]
pub struct Counted {
    /// Who.
    pub user: String,
    /// How the user is called, where that is another name.
    #[serde(default)]
    pub username: Option<String>,
    /// In which project.
    pub project: String,
    /// Which model.
    pub model: String,
    /// How many uses.
    pub requests: i64,
    /// Tokens in.
    pub input_tokens: i64,
    /// Tokens out.
    pub output_tokens: i64,
    /// Tokens in all.
    pub total_tokens: i64,
}

/// Some of the rows, and where they go on.
pub struct Part {
    /// In the order of days.
    pub rows: Vec<Counted>,
    /// Behind which row the next part starts: a day, and a row of it.
    pub next: Option<(Date, String)>,
}

impl Store {
    /// Counts one use, once however often the request for it is sent.
    pub async fn count_use(&self, tenant: &Tenant, one: &Use<'_>) -> Result<(), Error> {
        let day = self.clock().now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let write = Write::new(Condition::ALWAYS, change(one, day));
        let key = Key { pk: partition(tenant.org(), day), sk: key::join(&[one.user, one.project, one.model]) };
        let update = write.in_transaction(self.table(Table::Usage), &key)?;
        let step = TransactWriteItem::builder().update(update).build();
        // Names the transaction, and never comes again.
        let token = hex::encode(random::<16>());
        for tried in 1..=TRIES {
            let request = self.client().transact_write_items().transact_items(step.clone());
            match request.client_request_token(&token).send().await {
                Ok(_) => return Ok(()),
                Err(SdkError::ServiceError(refused)) if refused.err().is_transaction_canceled_exception() => {
                    // Only another addition to the same counter stands in the way: nothing else is asked.
                    let pause = u64::from(tried) * 10 + u64::from(u8::from_be_bytes(random())) / 8;
                    self.clock().sleep(Duration::from_millis(pause)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Throttled)
    }

    /// The organisation's numbers from `first` to `last`, of one user or of all, behind `after`: at most `most` rows.
    pub async fn usage(
        &self,
        tenant: &Tenant,
        (first, last): (Date, Date),
        user: Option<&str>,
        after: Option<(Date, String)>,
        most: usize,
    ) -> Result<Part, Error> {
        let (mut day, mut start) = after.map_or((first, None), |(day, sk)| (day, Some(sk)));
        let mut rows = Vec::new();
        while day <= last {
            let limit = (most - rows.len()).clamp(1, PAGE);
            let (found, left_at) = self.day(tenant.org(), day, user, start.take(), limit).await?;
            rows.extend(found);
            match left_at {
                Some(sk) if rows.len() >= most => return Ok(Part { rows, next: Some((day, sk)) }),
                Some(sk) => start = Some(sk),
                None => day = day.saturating_add(1.day()),
            }
        }
        Ok(Part { rows, next: None })
    }

    async fn day(
        &self,
        org: &OrgId,
        day: Date,
        user: Option<&str>,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Counted>, Option<String>), Error> {
        let pk = partition(org, day);
        let start = after.map(|sk| Key { pk: pk.clone(), sk }.item());
        let query = self.client().query().table_name(self.table(Table::Usage));
        let query = query.expression_attribute_values(":day", text(pk)).set_exclusive_start_key(start);
        let query = match user {
            Some(user) => query
                .key_condition_expression("pk = :day AND begins_with(sk, :user)")
                .expression_attribute_values(":user", text(of_user(user))),
            None => query.key_condition_expression("pk = :day"),
        };
        let answer = query.limit(i32::try_from(limit).unwrap_or(i32::MAX)).send().await?;
        let last = answer.last_evaluated_key.as_ref().and_then(Key::of).map(|key| key.sk);
        let rows: Vec<Item> = answer.items.unwrap_or_default();
        Ok((rows.into_iter().map(read).collect::<Result<_, _>>()?, last))
    }
}

/// Whether a row's place in its day is among this user's.
pub fn is_of(sk: &str, user: &str) -> bool {
    sk.starts_with(&of_user(user))
}

fn of_user(user: &str) -> String {
    format!("{}#", key::join(&[user]))
}

fn partition(org: &OrgId, day: Date) -> String {
    key::join(&[org.as_str(), &day.to_string()])
}

/// The same for the same use on the same day, so that a repetition is one and the same request.
fn change(one: &Use<'_>, day: Date) -> Change {
    let ends = day.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |start| start.timestamp().as_second());
    let change = Change::new()
        .set(USER, one.user)
        .set(PROJECT, one.project)
        .set(MODEL, one.model)
        .set(EXPIRES, ends + KEPT_DAYS * 86_400)
        .add(REQUESTS, 1)
        .add(INPUT, one.input)
        .add(OUTPUT, one.output)
        .add(TOTAL, one.total);
    one.username.into_iter().fold(change, |change, name| change.set(USERNAME, name))
}
