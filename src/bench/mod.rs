//! `qyran bench`: what this seat does, measured, against what is promised.
//!
//! Each bench gives a [`report::Report`]: figures with the bound that must hold and the one that is
//! aimed at. A bench starts what it measures as processes of their own and looks at them from
//! outside where it can.

mod accuracy;
mod alarms;
mod certify;
mod detect;
mod faults;
mod floor;
mod health;
pub mod postgres;
pub mod report;
mod restart;
mod screen;
mod script;
mod search;
mod seat;
mod soak;
mod stage;
mod store;
mod story;
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
    /// Every fault once on a wall of 45 tiles, seen in its journal and on the screen
    Script(script::Args),
    /// Whether pictures are judged rightly: no false alarm on the demo footage, every fault told
    Health(health::Args),
    /// How soon a wall that failed is back
    Restart(restart::Args),
    /// Whether a wall grows while faults come and go
    Soak(soak::Args),
    /// Stories of the demo city: whether exactly what each of them names is raised
    Story(story::Args),
    /// What this seat carries, on one page
    Certify(certify::Args),
    /// Decoding on threads of the wall against decoding in processes of their own
    Stage(stage::Args),
    /// How well models find what is there, and lines count it
    Accuracy(accuracy::Args),
    /// What a look of the detectors costs
    Detect(detect::Args),
    /// How fast acts are kept, seen by all seats, and checked
    Store(store::Args),
    /// How soon alarms are seen and heard, alone and in a flood, and how fast their queue is
    Alarms(alarms::Args),
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
        Bench::Script(args) => script::run(args),
        Bench::Health(args) => health::run(args),
        Bench::Restart(args) => restart::run(args),
        Bench::Soak(args) => soak::run(args),
        Bench::Story(args) => story::run(args),
        Bench::Certify(args) => certify::run(args),
        Bench::Stage(args) => stage::run(args),
        Bench::Accuracy(args) => accuracy::run(args),
        Bench::Detect(args) => detect::run(args),
        Bench::Store(args) => store::run(args),
        Bench::Alarms(args) => alarms::run(args),
    }
}
