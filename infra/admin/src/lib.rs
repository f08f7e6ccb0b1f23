//! The operator's command line: sets an installation up, takes over the data of older systems, rotates keys, looks for
//! trouble, and checks the audit trail.
//!
//! It works on a deployment on AWS, or on the local server's folder while that is stopped ([`place`]). Everything it does
//! may be cut short and done again. Results go to standard output, progress and remarks to standard error; `--json` makes
//! the result one JSON object.

mod audit;
mod cleanup;
mod cli;
mod failure;
mod integrations;
mod keys;
mod migrate;
mod output;
mod place;
mod progress;
mod refresh;
mod seed;
mod users;

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use local::signal::Signals;

use crate::{
    cli::{Audit, Cli, Command, Integrations, Keys, Refresh, Users},
    failure::Failure,
    output::{Ended, Output},
    place::House,
};

/// Runs the command that the process's arguments name.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::Openapi = cli.command {
        let written = std::io::stdout().write_all(local::functions::document_text().as_bytes());
        return if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let ended = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(error.into()),
    };
    match ended {
        Ok(ended) => ended.code(),
        Err(failure) => {
            eprintln!("admin: {failure}");
            failure.code()
        }
    }
}

async fn run(cli: Cli) -> Result<Ended, Failure> {
    let output = Output::new(cli.json);
    // What can be refused without looking at the installation is refused first.
    let prepared = match &cli.command {
        Command::Migrate(args) => Some(migrate::prepare(args)?),
        Command::Cleanup(args) => Some(migrate::prepare(&args.migrate())?),
        _ => None,
    };
    let house = House::open(&cli.place)?;
    let ended = until_stopped(&house, output, cli.command, prepared).await;
    house.close().await;
    ended
}

/// The command to its end, or to a signal. Whatever is under way may be cut short anywhere; what a person is told is that
/// nothing of it is lost.
async fn until_stopped(
    house: &House,
    output: Output,
    told: Command,
    prepared: Option<migrate::Prepared>,
) -> Result<Ended, Failure> {
    let asks = matches!(told, Command::Seed(_) | Command::Keys(Keys::Shred(_)));
    let work = Box::pin(command(house, output, told, prepared));
    // While a question waits for its answer on standard input, a signal ends the process as ever.
    if asks {
        return work.await;
    }
    let mut signals = Signals::listen()?;
    tokio::select! {
        ended = work => ended,
        () = signals.next() => {
            Err(Failure::failed("stopped: what was done until here is kept, run it again for the rest"))
        }
    }
}

async fn command(
    house: &House,
    output: Output,
    command: Command,
    prepared: Option<migrate::Prepared>,
) -> Result<Ended, Failure> {
    let app = &house.app;
    match (command, prepared) {
        (Command::Migrate(args), Some(prepared)) => migrate::run(app, output, &args, prepared).await,
        (Command::Cleanup(args), Some(prepared)) => cleanup::run(app, &args, prepared).await,
        (Command::Seed(args), _) => seed::run(app, output, &args).await,
        (Command::Keys(command), _) => keys::run(app, output, command).await,
        (Command::Refresh(Refresh::Now(args)), _) => refresh::run(app, output, &args).await,
        (Command::Integrations(Integrations::Problematic), _) => integrations::problematic(app, output).await,
        (Command::Users(Users::Deactivate(args)), _) => users::set_active(app, output, &args.who, false).await,
        (Command::Users(Users::Activate(args)), _) => users::set_active(app, output, &args.who, true).await,
        (Command::Audit(Audit::Verify(args)), _) => audit::verify(app, output, &args).await,
        (Command::Audit(Audit::Heads), _) => audit::heads(app).await,
        (Command::Migrate(_) | Command::Cleanup(_) | Command::Openapi, _) => Ok(Ended::Done),
    }
}
