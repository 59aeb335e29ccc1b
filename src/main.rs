//! The thin binary.

use clap::Parser;

/// A native video wall for the operators of operative control centres.
#[derive(Parser)]
enum Program {
    /// Serves the demo city
    City(qyran::city::Args),
}

fn main() -> anyhow::Result<()> {
    match Program::parse() {
        Program::City(args) => qyran::city::run(args),
    }
}
