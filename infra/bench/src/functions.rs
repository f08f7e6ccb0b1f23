//! Question 5: how fast does each function start, how fast does it answer, and how much does it hold, beside one that only
//! says hello?

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use local::{runtime_api::RuntimeApi, template::REGION};
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::{
    Failure, Scale,
    binaries::{Binaries, FUNCTIONS},
    customer::{Customer, EMAIL, PASSWORD},
    event,
    house::House,
    machine,
    table::{Table, at, note, times},
};

/// Measures each.
pub(crate) async fn measure(binaries: &Binaries, scale: Scale) -> Result<Table, Failure> {
    let house = House::start(Clock::system(), Duration::ZERO).await?;
    let mut door = house.door().await?;
    let customer = Customer::sign_up(&mut door).await?;
    customer.keep_a_key(&mut door).await?;
    house.connect_elsewhere(&customer.tenant()?, "github").await?;
    let mut table = Table::new(
        "Each function as its Lambda binary under an emulated runtime API, AWS answered over loopback HTTP",
        &[
            "function",
            "event",
            "start to first poll ms",
            "first answer ms",
            "warm p50 ms",
            "warm p99 ms",
            "resident MiB",
            "binary MB",
        ],
    );
    table.row(one(binaries, &house, "hello", ("nothing", json!({})), scale).await?);
    for name in FUNCTIONS {
        table.row(one(binaries, &house, name, work(name, &customer), scale).await?);
    }
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    let sign_in = ("sign in (Argon2id, 19 MiB)", event::post("/api/auth/login", &body));
    table.row(one(binaries, &house, "auth", sign_in, Scale { invocations: 10, ..scale }).await?);
    table.row(["budget", "", "≤ 10", "", "", "", "≤ 24, auth + 19", "≤ 12"].map(str::to_owned));
    Ok(table)
}

/// Something that the function is for.
fn work(name: &str, customer: &Customer) -> (&'static str, Value) {
    match name {
        "auth" => ("who am I", event::get("/api/auth/me", &customer.access_token)),
        "credentials" => ("list one typed key", event::get("/api/credentials", &customer.access_token)),
        "integrations" => ("lend a fresh token", event::get("/api/integrations/github/token", &customer.key)),
        "oauth" => {
            let state = "A".repeat(43);
            let callback = format!("/api/integrations/oauth/callback/github?code=x&state={state}");
            ("a callback nobody started", event::get(&callback, ""))
        }
        "console" => ("health", event::get("/health", "")),
        "audit-sealer" => ("an hour with nothing to seal", json!({})),
        _ => ("a shard where nothing is due", event::shard(3)),
    }
}

async fn one(
    binaries: &Binaries,
    house: &House,
    name: &str,
    (what, event): (&str, Value),
    scale: Scale,
) -> Result<[String; 8], Failure> {
    let binary = binaries.of(name);
    let (mut starts, mut firsts, mut warm) = (times()?, times()?, times()?);
    let mut resident = String::new();
    for round in 0..scale.starts {
        let api = RuntimeApi::start().await?;
        let started = Instant::now();
        let process = Process::start(&binary, house, name, &api)?;
        let polled = api.first_poll().await.ok_or_else(|| format!("{name} did not start"))?;
        note(&mut starts, polled.duration_since(started));
        note(&mut firsts, invoke(&api, name, &event).await?);
        if round + 1 < scale.starts {
            continue;
        }
        for _ in 0..scale.invocations {
            note(&mut warm, invoke(&api, name, &event).await?);
        }
        resident = process.resident().ok_or("how much it holds is not known")?;
    }
    let size = std::fs::metadata(&binary)?.len() / 10_000;
    Ok([
        name.to_owned(),
        what.to_owned(),
        at(&starts, 0.5),
        at(&firsts, 0.5),
        at(&warm, 0.5),
        at(&warm, 0.99),
        resident,
        format!("{}.{:02}", size / 100, size % 100),
    ])
}

async fn invoke(api: &RuntimeApi, name: &str, event: &Value) -> Result<Duration, Failure> {
    let asked = Instant::now();
    let answer = api.invoke(event.clone()).await.map_err(|error| format!("{name} failed: {error}"))?;
    let took = asked.elapsed();
    let status = answer["statusCode"].as_u64().unwrap_or(200);
    if status < 400 { Ok(took) } else { Err(format!("{name} answered {answer}").into()) }
}

/// A function's binary, running.
struct Process(Child);

impl Process {
    /// Started with what the template and Lambda give it, and nothing else.
    fn start(binary: &Path, house: &House, name: &str, api: &RuntimeApi) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command.env_clear();
        if let Some(function) = house.aws().template().function(name) {
            command.envs(&function.environment);
        }
        command.envs([
            ("AWS_ACCESS_KEY_ID", name),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_SESSION_TOKEN", "local"),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{}", house.aws_port)),
            ("AWS_LAMBDA_RUNTIME_API", api.address()),
            ("AWS_LAMBDA_FUNCTION_NAME", name),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("FRONTEND_URL", "https://front.example"),
            // One person asks all the time.
            ("RATE_LIMIT_PER_MINUTE", "1000000"),
            ("RATE_LIMIT_PER_HOUR", "1000000"),
        ]);
        Ok(Self(command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?))
    }

    /// What it holds in memory now, in MiB.
    fn resident(&self) -> Option<String> {
        let kib = machine::field(&format!("/proc/{}/status", self.0.id()), "VmRSS")?;
        let kib: u64 = kib.split(' ').next()?.parse().ok()?;
        Some(format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
