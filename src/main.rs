//! `qyran`: arguments → logging → the chosen command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use qyran::{app, city};
use tracing_subscriber::EnvFilter;

/// A native video wall for operative control centres.
#[derive(Parser)]
#[command(version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open the wall
    Wall(app::Args),
    /// Serve the demo city, or talk to the one that is running
    City(city::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = EnvFilter::try_from_env("QYRAN_LOG")
        .unwrap_or_else(|_unset| EnvFilter::new("warn,qyran=info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let result = match cli.command {
        Command::Wall(args) => app::run(&args).map_err(anyhow::Error::from),
        Command::City(args) => city::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
