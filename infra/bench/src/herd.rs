//! Question 3: what becomes of 200 readers who meet one expired token, in one process and in two?

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use local::template::REGION;
use serde_json::{Value, json};
use shared::clock::Clock;

use crate::{
    Failure,
    customer::{Customer, token_path},
    house::House,
    provider::SLUG,
    table::{Table, grouped, millis},
};

/// Readers, over all processes.
const READERS: usize = 200;
/// So long the provider takes for a refresh.
const DELAY: Duration = Duration::from_millis(300);

/// Lets them loose.
pub(crate) async fn measure() -> Result<Table, Failure> {
    let house = House::start(Clock::system(), DELAY).await?;
    let customer = Customer::sign_up(&mut house.door().await?).await?;
    let mut table = Table::new(
        "200 readers at once of one expired token; the provider rotates and takes 300 ms",
        &["processes", "refresh calls", "served", "different tokens", "slowest ms", "wall ms", "budget"],
    );
    for processes in [1, 2] {
        let label = format!("in{processes}");
        house.connect(&customer.tenant()?, &label, 0).await?;
        let before = house.provider.refreshes();
        let herd = run(&house, &customer, processes, &label).await?;
        let mut tokens = herd.tokens;
        tokens.sort();
        tokens.dedup();
        table.row([
            processes.to_string(),
            grouped(house.provider.refreshes() - before),
            grouped(herd.served),
            tokens.len().to_string(),
            herd.slowest.to_string(),
            millis(herd.took),
            "1 call, all served".to_owned(),
        ]);
    }
    Ok(table)
}

struct Herd {
    served: u64,
    tokens: Vec<String>,
    slowest: u64,
    took: Duration,
}

async fn run(house: &House, customer: &Customer, processes: usize, label: &str) -> Result<Herd, Failure> {
    let readers: Result<Vec<_>, _> = (0..processes).map(|_| Readers::start(house)).collect();
    let work = json!({ "readers": READERS / processes, "key": customer.key, "path": token_path(SLUG, label) });
    // The pipes block, and this process has to answer the readers' requests to AWS meanwhile.
    tokio::task::spawn_blocking(move || {
        let mut readers = readers?;
        for reader in &mut readers {
            reader.line()?;
        }
        let started = Instant::now();
        for reader in &mut readers {
            writeln!(reader.tell, "{work}")?;
        }
        let mut herd = Herd { served: 0, tokens: Vec::new(), slowest: 0, took: Duration::ZERO };
        for reader in &mut readers {
            let report: Value = serde_json::from_str(&reader.line()?)?;
            herd.served += report["served"].as_u64().unwrap_or_default();
            herd.slowest = herd.slowest.max(report["slowest_ms"].as_u64().unwrap_or_default());
            let tokens = report["tokens"].as_array().into_iter().flatten();
            herd.tokens.extend(tokens.filter_map(|token| token.as_str().map(str::to_owned)));
        }
        herd.took = started.elapsed();
        Ok(herd)
    })
    .await?
}

/// A process full of readers (`crate::reader`).
struct Readers {
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Readers {
    fn start(house: &House) -> Result<Self, Failure> {
        let function = house.aws().template().function("integrations").ok_or("the template lacks a function")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["reader", &house.provider.port().to_string()]).env_clear().envs(&function.environment).envs([
            ("AWS_ACCESS_KEY_ID", "integrations"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_REGION", REGION),
            ("AWS_ENDPOINT_URL", &format!("http://127.0.0.1:{}", house.aws_port)),
            ("PUBLIC_URL", &house.public_url()),
            ("PROVIDERS_DIR", &house.folder().display().to_string()),
        ]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (tell, hear) = (child.stdin.take(), child.stdout.take().map(BufReader::new));
        Ok(Self { child, tell: tell.ok_or("no pipe")?, hear: hear.ok_or("no pipe")? })
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.hear.read_line(&mut line)? == 0 {
            return Err("a reader's process ended".into());
        }
        Ok(line)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
