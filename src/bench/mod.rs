//! `qyran bench`: what this seat does, measured, against what is promised.
//!
//! Each bench gives a [`report::Report`]: figures with the bound that must hold and the one that is
//! aimed at. A bench starts what it measures as processes of their own and looks at them from
//! outside where it can.

mod faults;
mod floor;
pub mod report;
mod screen;
mod stage;
mod wall;

use clap::Subcommand;

/// Arguments of `qyran bench`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Clone, Debug, Subcommand)]
enum Bench {
    /// The wall with live feeds from the demo city, under Xvfb
    Wall(wall::Args),
    /// The same feeds received and decoded, and nothing shown
    Floor(floor::Args),
    /// How soon faults of the demo city's cameras are told
    Faults(faults::Args),
    /// Decoding on threads of the wall against decoding in processes of their own
    Stage(stage::Args),
}

/// Runs a bench; the result is whether every promise was kept.
///
/// # Errors
/// When something that the bench needs does not start.
pub fn run(args: &Args) -> anyhow::Result<bool> {
    match &args.bench {
        Bench::Wall(args) => wall::run(args),
        Bench::Floor(args) => floor::run(args),
        Bench::Faults(args) => faults::run(args),
        Bench::Stage(args) => stage::run(args),
    }
}
