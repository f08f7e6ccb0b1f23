//! Question 4: what does the schedule's sweep cost where few of many integrations are due?

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use aws_sdk_dynamodb::{
    Client,
    types::{AttributeValue, PutRequest, WriteRequest},
};
use local::{aws::Service, functions::JOBS};
use shared::{
    auth::{Owner, Tenant},
    clock::Clock,
    id::{Ids, IntegrationId, OrgId, UserId},
};

use crate::{
    Failure, Scale,
    house::{House, SEEDER},
    provider::SLUG,
    table::{Table, grouped, millis},
};

/// How long the tokens live that will be due.
const LIFE: u64 = 3600;
/// A sweep that takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(5);
/// What `BatchWriteItem` takes.
const BATCH: usize = 25;

type Row = HashMap<String, AttributeValue>;

/// Sweeps with fewer and with more at rest: the cost must be that of what is due.
pub(crate) async fn measure(scale: Scale) -> Result<Table, Failure> {
    let mut table = Table::new(
        "A sweep of the schedule, everything in the index of what is due",
        &["integrations", "due now", "refreshed", "Query", "GetItem", "writes", "KMS", "seconds", "left due"],
    );
    for at_rest in [scale.rows / 100, scale.rows] {
        let swept = sweep(at_rest, scale.due).await?;
        table.row([
            grouped(at_rest),
            grouped(scale.due),
            grouped(swept.refreshed),
            grouped(swept.queries),
            grouped(swept.reads),
            grouped(swept.writes),
            grouped(swept.kms),
            millis(swept.took / 1000),
            grouped(swept.left),
        ]);
    }
    Ok(table)
}

struct Swept {
    refreshed: u64,
    queries: u64,
    reads: u64,
    writes: u64,
    kms: u64,
    took: Duration,
    left: u64,
}

async fn sweep(rows: u64, due: u64) -> Result<Swept, Failure> {
    let house = House::start(Clock::fake(Clock::system().now()), Duration::ZERO).await?;
    let (ids, org) = (Ids::system(), Ids::system().make::<OrgId>());
    for number in 0..due {
        let tenant = Tenant::for_job(org.clone(), Owner::User(ids.make()));
        let label = format!("n{number}");
        house.connect(&tenant, &label, LIFE).await?;
        house.lend(&tenant, &label).await?;
    }
    house.rest(rows.saturating_sub(due), &org).await?;
    house.clock.advance(Duration::from_secs(LIFE));
    house.aws().faults().reset_counts();
    let started = Instant::now();
    house.sweep_once().await?;
    let took = started.elapsed();
    let counts = house.aws().faults().counts();
    let asked = |service: Service, named: &dyn Fn(&str) -> bool| {
        let concerned = counts.iter().filter(|((of, operation, _), _)| *of == service && named(operation));
        concerned.map(|(_, count)| count).sum()
    };
    Ok(Swept {
        refreshed: house.provider.refreshes(),
        queries: asked(Service::DynamoDb, &|operation| operation == "Query"),
        reads: asked(Service::DynamoDb, &|operation| operation.contains("Get")),
        writes: asked(Service::DynamoDb, &|operation| operation != "Query" && !operation.contains("Get")),
        kms: asked(Service::Kms, &|_| true),
        took,
        left: house.still_due().await?,
    })
}

impl House {
    /// Lets the schedule tick once, and the job work as many shards at a time as the template says until all are done.
    pub(crate) async fn sweep_once(&self) -> Result<(), Failure> {
        for job in JOBS.into_iter().filter(|job| job.name == "token-refresh") {
            let app = self.stack.app(job.name);
            let handle = move |event| (job.handle)(app.clone(), event);
            for (_, schedule) in self.aws().schedules().iter().filter(|(function, _)| function == job.name) {
                handle(self.aws().tick(schedule)).await?;
            }
            for delivery in self.aws().deliveries().iter().filter(|delivery| delivery.function == job.name) {
                tokio::time::timeout(PATIENCE, self.empty(delivery, &handle)).await??;
            }
        }
        Ok(())
    }

    /// So many integrations that are due in a month: copies of a real row under owners of their own.
    async fn rest(&self, count: u64, org: &OrgId) -> Result<(), Failure> {
        let ids = Ids::system();
        let tenant = Tenant::for_job(org.clone(), Owner::User(ids.make()));
        self.connect(&tenant, "model", 30 * 86_400).await?;
        self.lend(&tenant, "model").await?;
        let client = Client::new(&self.aws().sdk_config(SEEDER));
        let table = &format!("{}integrations", self.stack.app("integrations").config.cloud.table_prefix);
        let partition = format!("o#{}#u#{}", org.as_str(), tenant.owner().as_str());
        let query = client.query().table_name(table).key_condition_expression("pk = :pk");
        let found = query.expression_attribute_values(":pk", text(partition)).send().await?;
        let model = found.items.and_then(|items| items.into_iter().next()).ok_or("no row to copy")?;
        let due = self.clock.epoch() + 30 * 86_400;
        let mut batch = Vec::with_capacity(BATCH);
        for number in 1..count {
            batch.push(copy(&model, org, &ids, number, due)?);
            if batch.len() == BATCH || number + 1 == count {
                let items = HashMap::from([(table.clone(), std::mem::take(&mut batch))]);
                client.batch_write_item().set_request_items(Some(items)).send().await?;
            }
        }
        Ok(())
    }

    /// How many rows the index still holds as due.
    async fn still_due(&self) -> Result<u64, Failure> {
        let client = Client::new(&self.aws().sdk_config(SEEDER));
        let table = format!("{}integrations", self.stack.app("integrations").config.cloud.table_prefix);
        let mut left = 0;
        for shard in 0..16 {
            let query = client.query().table_name(&table).index_name("due");
            let query = query.key_condition_expression("due_pk = :pk AND due_sk <= :now");
            let query = query.expression_attribute_values(":pk", text(format!("due#{shard}")));
            let now = format!("{:012}~", self.clock.epoch());
            left += u64::try_from(query.expression_attribute_values(":now", text(now)).send().await?.count)?;
        }
        Ok(left)
    }
}

fn copy(model: &Row, org: &OrgId, ids: &Ids, number: u64, due: i64) -> Result<WriteRequest, Failure> {
    let (id, user) = (ids.make::<IntegrationId>(), ids.make::<UserId>());
    let mut row = model.clone();
    for (name, value) in [
        ("pk", format!("o#{}#u#{}", org.as_str(), user.as_str())),
        ("sk", format!("p#{SLUG}#default")),
        ("id", id.as_str().to_owned()),
        ("owner", user.as_str().to_owned()),
        ("label", "default".to_owned()),
        ("account_sk", format!("bench#{}", id.as_str())),
        ("due_pk", format!("due#{}", number % 16)),
        ("due_sk", format!("{due:012}#{}", id.as_str())),
    ] {
        row.insert(name.to_owned(), text(value));
    }
    Ok(WriteRequest::builder().put_request(PutRequest::builder().set_item(Some(row)).build()?).build())
}

fn text(value: String) -> AttributeValue {
    AttributeValue::S(value)
}
