//! `cargo run`: the whole product on one port of this computer, with nothing else installed.

use std::process::ExitCode;

use local::{server::Server, settings::Settings, signal::Signals, words};

fn main() -> ExitCode {
    local::logs::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error.to_string()),
    };
    let code = runtime.block_on(run());
    // What has not finished by now was given its time.
    runtime.shutdown_background();
    code
}

async fn run() -> ExitCode {
    let settings = match Settings::from_process() {
        Ok(settings) => settings,
        Err(wrong) => return refuse(&wrong.to_string()),
    };
    for warning in &settings.warnings {
        eprintln!("note: {warning}");
    }
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return refuse(&error.to_string()),
    };
    let server = match Server::start(&settings).await {
        Ok(server) => server,
        Err(failure) => return refuse(&failure.to_string()),
    };
    print!("{}", words::ready(server.public_url(), &settings));
    signals.next().await;
    eprintln!("\n{}", words::STOPPING);
    tokio::select! {
        finished = server.stop() => if finished { ExitCode::SUCCESS } else { refuse(words::NOT_FINISHED) },
        () = signals.next() => refuse(words::NOT_FINISHED),
    }
}

fn refuse(why: &str) -> ExitCode {
    eprintln!("Postern: {why}");
    ExitCode::FAILURE
}
