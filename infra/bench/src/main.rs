//! `cargo run --release -p bench`: how fast and how small Postern is on this machine, as tables to read.
//!
//! Nothing is asserted: what a machine does today is no property of the code. Everything runs on loopback, for a bounded
//! time. `--quick` measures less of everything; names of questions measure only those.

mod binaries;
mod calls;
mod customer;
mod event;
mod functions;
mod herd;
mod house;
mod http;
mod load;
mod machine;
mod provider;
mod reader;
mod sweep;
mod table;
mod upkeep;

use std::{process::ExitCode, time::Duration};

use crate::binaries::Binaries;

/// Why there are no figures.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What can be asked for alone.
const QUESTIONS: [&str; 7] = ["reads", "calls", "herd", "sweep", "functions", "migration", "rotation"];

/// How much is done.
#[derive(Clone, Copy)]
struct Scale {
    /// Each load of the local server.
    duration: Duration,
    warm_up: Duration,
    /// Cold starts of each function.
    starts: u32,
    /// Warm invocations of each.
    invocations: u32,
    /// Integrations in the sweep, and those that are due.
    rows: u64,
    due: u64,
    /// Records that are migrated, and rotated; in whole thousands.
    records: u64,
}

const WHOLE: Scale = Scale {
    duration: Duration::from_secs(5),
    warm_up: Duration::from_secs(1),
    starts: 21,
    invocations: 500,
    rows: 100_000,
    due: 1_000,
    records: 10_000,
};

const QUICK: Scale = Scale {
    duration: Duration::from_secs(1),
    warm_up: Duration::from_millis(300),
    starts: 5,
    invocations: 100,
    rows: 10_000,
    due: 100,
    records: 3_000,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["reader", port] => port.parse().map_err(Failure::from).and_then(|port| block_on(reader::run(port))),
        _ => asked(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn asked(arguments: &[&str]) -> Result<(), Failure> {
    let (options, mut questions): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|word| word.starts_with('-'));
    let known = options.iter().all(|option| *option == "--quick") && questions.iter().all(|q| QUESTIONS.contains(q));
    if !known {
        return Err(format!("usage: bench [--quick] [{}]", QUESTIONS.join("] [")).into());
    }
    if questions.is_empty() {
        questions = QUESTIONS.to_vec();
    }
    let scale = if options.is_empty() { WHOLE } else { QUICK };
    if cfg!(debug_assertions) {
        eprintln!("A debug build: counts are right, times say nothing. cargo run --release -p bench");
    }
    block_on(answer(&questions, scale))
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn answer(questions: &[&str], scale: Scale) -> Result<(), Failure> {
    let needed = ["reads", "functions", "migration", "rotation"].iter().any(|question| questions.contains(question));
    let binaries = if needed { Binaries::build()? } else { Binaries::beside()? };
    println!("{}", machine::facts());
    for question in questions {
        let table = match *question {
            "reads" => load::measure(&binaries, scale).await?,
            "calls" => calls::measure().await?,
            "herd" => herd::measure().await?,
            "sweep" => sweep::measure(scale).await?,
            "migration" => upkeep::migration(&binaries, scale).await?,
            "rotation" => upkeep::rotation(&binaries, scale).await?,
            _ => functions::measure(&binaries, scale).await?,
        };
        println!("{table}");
    }
    println!("Load after: {}", machine::load().unwrap_or_default());
    Ok(())
}
