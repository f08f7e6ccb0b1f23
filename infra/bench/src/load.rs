//! Question 1: how many fresh tokens a second does the local server lend, and how long does one wait for it?

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use shared::id::random_token;

use crate::{
    Failure, Scale,
    binaries::Binaries,
    customer::Customer,
    http::Connection,
    table::{Table, at, grouped, note, times},
};

/// Clients at a time.
const CLIENTS: [usize; 3] = [1, 16, 64];

/// Starts the server, connects an account, and asks for its token over and over.
pub(crate) async fn measure(binaries: &Binaries, scale: Scale) -> Result<Table, Failure> {
    let folder = std::env::temp_dir().join(format!("postern-bench-{}", random_token()));
    let measured = with_server(&binaries.of("local"), &folder, scale).await;
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

async fn with_server(binary: &Path, folder: &Path, scale: Scale) -> Result<Table, Failure> {
    let server = Server::start(binary, folder)?;
    let mut connection = Connection::open(server.port).await?;
    let customer = Customer::sign_up(&mut connection).await?;
    customer.connect(&mut connection, "sandbox").await?;
    let request = customer.token_request("sandbox", "default");
    let mut table = Table::new(
        "Fresh tokens from the local server (release build, HTTP over loopback, connections kept open, a service key)",
        &["clients", "reads a second", "p50 ms", "p99 ms", "refused", "budget"],
    );
    // Files, caches and the processor's clock come up to speed.
    run(server.port, &request, 4, scale.warm_up).await?;
    for clients in CLIENTS {
        let run = run(server.port, &request, clients, scale.duration).await?;
        let a_second = run.times.len().saturating_mul(1000) / u64::try_from(run.took.as_millis())?.max(1);
        let budget = if clients == 16 { "≥ 4,000 a second, p99 ≤ 10 ms" } else { "" };
        table.row([
            clients.to_string(),
            grouped(a_second),
            at(&run.times, 0.5),
            at(&run.times, 0.99),
            run.refused.to_string(),
            budget.to_owned(),
        ]);
    }
    Ok(table)
}

struct Run {
    times: Histogram<u64>,
    refused: u64,
    took: Duration,
}

/// All clients on one thread: they wait more than they work, and the server shall have the other processors.
async fn run(port: u16, request: &[u8], clients: usize, duration: Duration) -> Result<Run, Failure> {
    let request = request.to_vec();
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async move {
            let started = Instant::now();
            let clients = (0..clients).map(|_| tokio::spawn(client(port, request.clone(), started + duration)));
            let clients: Vec<_> = clients.collect();
            let mut all = Run { times: times()?, refused: 0, took: Duration::ZERO };
            for client in clients {
                let (times, refused) = client.await??;
                all.times.add(times)?;
                all.refused += refused;
            }
            all.took = started.elapsed();
            Ok(all)
        })
    })
    .await?
}

async fn client(port: u16, request: Vec<u8>, until: Instant) -> Result<(Histogram<u64>, u64), Failure> {
    let mut connection = Connection::open(port).await?;
    let (mut times, mut refused) = (times()?, 0);
    loop {
        let asked = Instant::now();
        if asked >= until {
            return Ok((times, refused));
        }
        match connection.status(&request).await? {
            200 => note(&mut times, asked.elapsed()),
            _ => refused += 1,
        }
    }
}

/// The local server in a process of its own.
struct Server {
    child: Child,
    port: u16,
    /// Kept open: it may have more to say.
    out: BufReader<ChildStdout>,
}

impl Server {
    fn start(binary: &Path, folder: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(binary);
        command.env_clear().env("PORT", "0").env("POSTERN_DIR", folder).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let out = child.stdout.take().ok_or("a server without output")?;
        let mut server = Self { child, port: 0, out: BufReader::new(out) };
        let mut line = String::new();
        while server.out.read_line(&mut line)? > 0 {
            if let Some(port) = line.trim_end().strip_prefix("Postern is ready: http://localhost:") {
                server.port = port.parse()?;
                return Ok(server);
            }
            line.clear();
        }
        Err("the local server did not start".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
