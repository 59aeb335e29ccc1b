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
    /// Performance of a wall with live feeds from the demo city, under Xvfb
    Wall(wall::Args),
    /// Receive and decode only, no display
    Floor(floor::Args),
    /// Time to report camera faults
    Faults(faults::Args),
    /// Every fault once on a 45-tile wall
    Script(script::Args),
    /// Check that picture faults are reported, without false alarms on the demo footage
    Health(health::Args),
    /// Recovery time after a crash
    Restart(restart::Args),
    /// Memory growth under recurring faults
    Soak(soak::Args),
    /// Check that scenarios raise exactly the expected alarms
    Story(story::Args),
    /// One-page capacity report
    Certify(certify::Args),
    /// In-process against out-of-process decoding
    Stage(stage::Args),
    /// Detection and counting accuracy
    Accuracy(accuracy::Args),
    /// Cost of analysing one frame
    Detect(detect::Args),
    /// Speed of the store with many seats
    Store(store::Args),
    /// Alarm latency, alone and in a flood
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
