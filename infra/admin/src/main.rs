//! The operator's command line.

use std::io::Write as _;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "admin", about = "Looks after an installation of Postern")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the OpenAPI document of all operations.
    Openapi,
}

fn main() -> std::io::Result<()> {
    match Cli::parse().command {
        Command::Openapi => std::io::stdout().write_all(local::functions::document_text().as_bytes()),
    }
}
