//! A cloud in memory, and as many instances of our functions on it as a test wants.

use std::{collections::HashMap, sync::Arc, time::Duration};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use local::{
    aws::{Aws, Options, Service},
    template::{Deployment, Template},
};
use shared::{
    app::{App, Wiring},
    auth::Owner,
    clock::Clock,
    config::{Config, Env},
    id::{Ids, OrgId},
    vault::{Place, Purpose, Vault},
};
use tokio::sync::Barrier;

pub(crate) const FIVE_MINUTES: Duration = Duration::from_mins(5);
pub(crate) const A_MOMENT: Duration = Duration::from_millis(1);
/// A moment less.
pub(crate) const ALMOST_FIVE_MINUTES: Duration = Duration::from_millis(5 * 60 * 1000 - 1);
/// The operator, who may do anything.
pub(crate) const OPERATOR: &str = "admin";

/// A row of the table of data keys.
pub(crate) type Row = HashMap<String, AttributeValue>;

pub(crate) struct House {
    pub(crate) aws: Aws,
    pub(crate) clock: Clock,
    pub(crate) org: OrgId,
    pub(crate) owner: Owner,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::deployed(template().clone())
    }

    /// One where `function` may open the data keys of this purpose and of no other, and all else is as in the template.
    pub(crate) fn with_purpose(function: &str, purpose: &str) -> Self {
        let text = include_str!("../../template.yaml");
        let role = text.find(&format!("\n  {function}Role:")).unwrap();
        let (before, after) = text.split_at(role);
        let granted = "kms:EncryptionContext:purpose:";
        let (head, rest) = after.split_once(granted).unwrap();
        let (_, rest) = rest.split_once('\n').unwrap();
        let text = format!("{before}{head}{granted} {purpose}\n{rest}");
        Self::deployed(Template::parse(&text, &Deployment::default()).unwrap())
    }

    fn deployed(template: Template) -> Self {
        let clock = Clock::fake(Timestamp::UNIX_EPOCH);
        let trusted = [OPERATOR.to_owned()].into();
        let options = Options { clock: clock.clone(), trusted, ..Options::in_memory(template) };
        let ids = Ids::seeded(1);
        Self { aws: Aws::start(options).unwrap(), clock, org: ids.make(), owner: Owner::User(ids.make()) }
    }

    /// A new instance of a function, with nothing cached.
    pub(crate) fn instance(&self, function: &str) -> Vault {
        self.instance_with(function, None)
    }

    /// One with other customer keys than the template's.
    pub(crate) fn instance_with(&self, role: &str, keys: Option<&str>) -> Vault {
        let of = if role == OPERATOR { "integrations" } else { role };
        let function = template().function(of).unwrap();
        let look_up = |name: &str| match (name, keys) {
            ("VAULT_KEY_ID", Some(keys)) => Some(keys.to_owned()),
            _ => function.environment.get(name).cloned(),
        };
        let config = Config::read(&mut Env::new(&look_up)).unwrap();
        let aws = shared::aws::Aws::new(self.aws.sdk_config(role));
        App::new(Wiring { config, aws, clock: self.clock.clone(), ids: Ids::seeded(1) }).vault.clone()
    }

    /// The access token of an integration.
    pub(crate) fn place(&self) -> Place<'_> {
        self.place_of(&self.org, Purpose::Integration)
    }

    pub(crate) fn place_of<'a>(&'a self, org: &'a OrgId, purpose: Purpose) -> Place<'a> {
        let record = "int_0000000000000000000001";
        Place { org, owner: &self.owner, purpose, record, provider: "github", field: "access_token", grant: 1 }
    }

    /// Calls since the counts were last reset: data keys made, data keys unwrapped, reads and writes of the table.
    pub(crate) fn calls(&self) -> [u64; 4] {
        let count = |service, operation| self.aws.faults().count(service, operation);
        [
            count(Service::Kms, "GenerateDataKey"),
            count(Service::Kms, "Decrypt"),
            count(Service::DynamoDb, "GetItem"),
            count(Service::DynamoDb, "PutItem") + count(Service::DynamoDb, "UpdateItem"),
        ]
    }

    /// All stored data keys.
    pub(crate) async fn rows(&self) -> Vec<Row> {
        let scan = self.table().scan().table_name(keys_table()).consistent_read(true);
        scan.send().await.unwrap().items.unwrap_or_default()
    }

    /// Puts a row as somebody could who writes the database.
    pub(crate) async fn put(&self, row: Row) {
        self.table().put_item().table_name(keys_table()).set_item(Some(row)).send().await.unwrap();
    }

    /// Deletes every stored data key.
    pub(crate) async fn shred(&self) {
        for mut row in self.rows().await {
            row.retain(|name, _| name == "pk" || name == "sk");
            self.table().delete_item().table_name(keys_table()).set_key(Some(row)).send().await.unwrap();
        }
    }

    fn table(&self) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.aws.sdk_config(OPERATOR))
    }
}

/// Runs `number` tasks that begin together.
pub(crate) async fn at_once<F>(number: usize, task: impl Fn(usize) -> F) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let gate = Arc::new(Barrier::new(number));
    let tasks: Vec<_> = (0..number)
        .map(|nth| {
            let (gate, task) = (gate.clone(), task(nth));
            tokio::spawn(async move {
                gate.wait().await;
                task.await
            })
        })
        .collect();
    futures_util::future::try_join_all(tasks).await.unwrap()
}

/// What `open` gave, as text: the value, or how it was refused.
pub(crate) async fn opened(vault: &Vault, place: &Place<'_>, sealed: &shared::vault::Sealed) -> String {
    match vault.open(place, sealed).await {
        Ok(clear) => clear.expose().clone(),
        Err(error) => error.to_string(),
    }
}

/// What a deployment consists of.
pub(crate) fn template() -> &'static Template {
    local::stack::template().unwrap()
}

fn keys_table() -> &'static str {
    let keys = template().tables.iter().find(|table| table.name.ends_with("-keys"));
    &keys.unwrap().name
}
