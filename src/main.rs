//! The thin binary.
use clap::Parser;

#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Top,
}

#[derive(clap::Subcommand)]
enum Top {
    City {
        #[command(subcommand)]
        command: City,
    },
}

#[derive(clap::Subcommand)]
enum City {
    Footage(qyran::city::footage::Args),
}

fn main() -> anyhow::Result<()> {
    let Top::City {
        command: City::Footage(args),
    } = Cli::parse().command;
    qyran::city::footage::run(args)
}
