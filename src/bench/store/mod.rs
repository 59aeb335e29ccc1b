//! `qyran bench store`: how fast acts are kept and seen, on one machine and in a centre of a hundred
//! seats, and how long a log of a million lines takes to check.
//!
//! A seat here is a [`crate::store::database::Store`] as the wall opens one, with its thread, its own
//! file and its key; the server is a PostgreSQL of this machine that waits for the disk. All seats
//! share this machine's processors and disk, which a hundred machines would not.
#![expect(clippy::print_stderr, reason = "progress of a command")]

mod alone;
mod centre;
pub(super) mod seat;

use super::report::{Figure, Report, machine};

/// Arguments of `qyran bench store`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Measuring time, s
    #[arg(long, default_value_t = 20.0)]
    seconds: f64,
    /// Number of seats
    #[arg(long, default_value_t = 100)]
    seats: usize,
    /// Changes per second, all seats together
    #[arg(long, default_value_t = 50.0)]
    rate: f64,
    /// Log lines to verify
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// Changes a seat has to catch up with
    #[arg(long, default_value_t = 10_000)]
    missed: usize,
    /// Run only what needs no PostgreSQL
    #[arg(long, conflicts_with = "centre")]
    alone: bool,
    /// Run only what needs PostgreSQL
    #[arg(long)]
    centre: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Figures in milliseconds or a second, from the fastest.
fn share(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted
        .get(place.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or(f64::INFINITY)
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let home = std::env::temp_dir().join(format!("qyran-bench-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let measured = measure(args, &home);
    std::fs::remove_dir_all(&home).ok(); // in the folder for temporary files
    let report = Report {
        bench: "store",
        machine: machine(),
        figures: measured?,
    };
    Ok(report.tell(args.json))
}

fn measure(args: &Args, home: &std::path::Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !args.centre {
        let kept = alone::append(home)?;
        figures.push(Figure::at_most(
            "append_ms_p99",
            kept.ms_p99,
            "ms",
            25.0,
            10.0,
        ));
        figures.push(Figure::at_least(
            "acts_per_s",
            kept.per_second,
            "/s",
            2000.0,
            10_000.0,
        ));
        let year = alone::year(home, args.lines)?;
        figures.push(Figure::at_most(
            "start_ms",
            year.start_ms,
            "ms",
            500.0,
            200.0,
        ));
        figures.push(Figure::at_most(
            "verify_million_s",
            year.verify_s,
            "s",
            5.0,
            3.0,
        ));
        figures.push(Figure::plain("verified_lines", year.lines as f64, ""));
        figures.push(Figure::plain("bytes_a_line", year.bytes_a_line, "B"));
    }
    if !args.alone {
        let (kept, seen) = centre::measure(home, args)?;
        figures.push(Figure::at_most(
            "pg_append_ms_p99",
            kept.ms_p99,
            "ms",
            25.0,
            10.0,
        ));
        figures.push(Figure::at_least(
            "pg_acts_per_s",
            kept.per_second,
            "/s",
            2000.0,
            10_000.0,
        ));
        figures.push(Figure::at_most(
            "catch_up_ms",
            seen.catch_up_ms,
            "ms",
            3000.0,
            1000.0,
        ));
        figures.push(Figure::at_most(
            "seen_ms_p95",
            seen.ms_p95,
            "ms",
            1000.0,
            300.0,
        ));
        figures.push(Figure::plain("seen_ms_p50", seen.ms_p50, "ms"));
        figures.push(Figure::plain("seen_ms_most", seen.ms_most, "ms"));
        figures.push(Figure::plain("changes_per_s", seen.per_second, "/s"));
        figures.push(Figure::plain("seats_cores", seen.cores, "cores"));
        figures.push(Figure::plain("seen_by", args.seats as f64, "seats"));
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_those_that_came() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(share(&hundred, 0.99), 99.0);
        assert_eq!(share(&hundred, 0.95), 95.0);
        assert_eq!(share(&[7.0], 0.5), 7.0);
        assert_eq!(share(&[], 0.5), f64::INFINITY);
    }
}
