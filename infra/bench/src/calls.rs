//! Question 2: what does AWS get asked for a read and for a refresh? Counted on the wire, so that it is what AWS would bill.

use std::{collections::BTreeMap, time::Duration};

use local::aws::Service;
use shared::{auth::Tenant, clock::Clock};

use crate::{Failure, customer::Customer, house::House, http::Connection, provider::SLUG, table::Table};

/// Reads that a warm one is an average of.
const READS: u64 = 1_000;
/// Refreshes that a warm one is an average of.
const REFRESHES: u64 = 50;
/// So long the provider's tokens live; after four fifths of it they are renewed, and what is cached is still believed.
const LIFE: u64 = 20;
/// From one look of the schedule to the next.
const MINUTE: Duration = Duration::from_mins(1);

/// Counts.
pub(crate) async fn measure() -> Result<Table, Failure> {
    let clock = Clock::fake(Clock::system().now());
    let house = House::start(clock, Duration::ZERO).await?;
    let mut door = house.door().await?;
    let mut table = Table::new(
        "What AWS is asked for, each",
        &["operation", "DynamoDB reads", "DynamoDB writes", "KMS", "Secrets Manager", "SQS", "budget"],
    );
    let mut row = |what: &str, times: u64, budget: &str| {
        let calls = Calls::of(&house, times);
        table.row([what.to_owned(), calls.reads, calls.writes, calls.kms, calls.secrets, calls.sqs, budget.to_owned()]);
        house.aws().faults().reset_counts();
    };
    let customer = Customer::sign_up(&mut door).await?;
    row("sign up, make a service key", 1, "");
    house.sweep_once().await?;
    row("a minute of the schedule, nothing due", 1, "");
    house.provider.tokens_live(LIFE);
    customer.connect(&mut door, SLUG).await?;
    row("connect an account: start and finish", 1, "");
    let request = customer.token_request(SLUG, "default");
    ok(&mut door, &request).await?;
    row("token read: the first of a process, and of the hour", 1, "");
    for _ in 0..READS {
        ok(&mut door, &request).await?;
    }
    row("token read, warm", READS, "1 read, 0 writes, 0 KMS");
    for _ in 0..REFRESHES {
        house.clock.advance(Duration::from_secs(LIFE));
        ok(&mut door, &request).await?;
    }
    row("token read that refreshes, warm", REFRESHES, "3 writes, 0 KMS");
    refresh_by_schedule(&house, &customer.tenant()?).await?;
    row("refresh by the schedule, warm", REFRESHES, "3 writes, 0 KMS");
    if house.provider.refused() > 0 {
        return Err("a refresh token was used twice".into());
    }
    Ok(table)
}

/// Many of one minute, so that the look at the shards weighs little, as it does where there are many.
async fn refresh_by_schedule(house: &House, tenant: &Tenant) -> Result<(), Failure> {
    for number in 0..REFRESHES {
        house.connect(tenant, &format!("n{number}"), LIFE).await?;
        house.lend(tenant, &format!("n{number}")).await?;
    }
    // The queue takes a shard once a minute.
    house.clock.advance(MINUTE);
    house.sweep_once().await?;
    house.clock.advance(MINUTE);
    house.aws().faults().reset_counts();
    let before = house.provider.refreshes();
    house.sweep_once().await?;
    let refreshed = house.provider.refreshes() - before;
    // The reader's own connection comes up as well.
    if refreshed < REFRESHES { Err(format!("{refreshed} of {REFRESHES} were refreshed").into()) } else { Ok(()) }
}

async fn ok(door: &mut Connection, request: &[u8]) -> Result<(), Failure> {
    match door.send(request).await?.status {
        200 => Ok(()),
        status => Err(format!("a token read was answered with {status}").into()),
    }
}

struct Calls {
    reads: String,
    writes: String,
    kms: String,
    secrets: String,
    sqs: String,
}

impl Calls {
    /// What was asked since the counts were set back, for each of so many operations.
    fn of(house: &House, times: u64) -> Self {
        let mut sorts: BTreeMap<(&str, String), u64> = BTreeMap::new();
        for ((service, operation, _), count) in house.aws().faults().counts() {
            let sort = match service {
                Service::DynamoDb if operation.contains("Get") || operation == "Query" => "reads",
                Service::DynamoDb => "writes",
                Service::Kms => "kms",
                Service::Sqs => "sqs",
                _ => "secrets",
            };
            *sorts.entry((sort, operation)).or_default() += count;
        }
        let told = |wanted: &str| {
            let of_sort = sorts.iter().filter(|((sort, _), _)| *sort == wanted);
            let told: Vec<String> =
                of_sort.map(|((_, operation), count)| format!("{} {operation}", each(*count, times))).collect();
            if told.is_empty() { "0".to_owned() } else { told.join(", ") }
        };
        Self {
            reads: told("reads"),
            writes: told("writes"),
            kms: told("kms"),
            secrets: told("secrets"),
            sqs: told("sqs"),
        }
    }
}

/// Whole where it is whole.
fn each(count: u64, times: u64) -> String {
    if count.is_multiple_of(times) {
        return (count / times).to_string();
    }
    let hundredths = (count * 100).div_ceil(times);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}
