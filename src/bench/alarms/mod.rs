//! `qyran bench alarms`: how soon an alarm is on the screen and heard, what a flood costs and loses, and
//! how fast three years of them are looked through.
#![expect(clippy::print_stderr, reason = "progress of a command")]

mod past;
mod server;
mod wall;

use std::path::PathBuf;

use super::report::{Figure, Report, machine};

/// Arguments of `qyran bench alarms`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the clips [default: footage-v1 in this user's cache]
    #[arg(long, value_name = "FOLDER")]
    footage: Option<PathBuf>,
    /// Tiles of the wall
    #[arg(long, value_name = "N", default_value_t = 9)]
    tiles: usize,
    /// How long single alarms come, seconds
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Events of the flood, offered within ten seconds
    #[arg(long, default_value_t = 10_000)]
    events: usize,
    /// Alarms of three years
    #[arg(long, default_value_t = 500_000)]
    past: usize,
    /// Only what needs no wall
    #[arg(long, conflicts_with = "live")]
    stored: bool,
    /// Only what needs a wall
    #[arg(long)]
    live: bool,
    /// Keep the wall's folder here
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let own = format!("qyran-bench-{}", std::process::id());
    let home = args
        .out
        .clone()
        .unwrap_or_else(|| std::env::temp_dir().join(own));
    std::fs::create_dir_all(&home)?;
    let measured = measure(args, &home);
    if args.out.is_none() {
        std::fs::remove_dir_all(&home).ok(); // in the folder for temporary files
    }
    let report = Report {
        bench: "alarms",
        machine: machine(),
        figures: measured?,
    };
    Ok(report.tell(args.json))
}

fn measure(args: &Args, home: &std::path::Path) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if !args.stored {
        let live = wall::measure(args, home)?;
        let at_most = Figure::at_most;
        figures.push(at_most("card_ms_p95", live.card_ms_p95, "ms", 200.0, 100.0));
        match live.sound_ms_p95 {
            Some(ms) => figures.push(at_most("sound_ms_p95", ms, "ms", 250.0, 150.0)),
            None => eprintln!("no sound server here: how soon sounds begin was not measured"),
        }
        figures.push(Figure::plain("single_alarms", live.singles as f64, ""));
        figures.push(Figure::plain("single_sounds", live.sounds as f64, ""));
        figures.push(at_most("lost", live.lost as f64, "", 0.0, 0.0));
        figures.push(Figure::plain("offered_s", live.offered_s, "s"));
        figures.push(Figure::plain("kept_s", live.kept_s, "s"));
        figures.push(Figure::plain("flood_alarms", live.alarms as f64, ""));
        figures.push(at_most(
            "critical_card_ms",
            live.critical_card_ms,
            "ms",
            1000.0,
            300.0,
        ));
        if let Some(ms) = live.critical_sound_ms {
            figures.push(at_most("critical_sound_ms", ms, "ms", 1000.0, 400.0));
        }
        figures.push(at_most("ui_ms_p99", live.ui_ms_p99, "ms", 16.0, 8.0));
        figures.push(Figure::plain("ui_ms_most", live.ui_ms_most, "ms"));
        figures.push(Figure::plain("flood_rss_mib", live.growth_mib, "MiB"));
    }
    if !args.live {
        let past = past::measure(&home.join("past"), args.past)?;
        figures.push(Figure::at_most(
            "queue_open_ms",
            past.open_ms,
            "ms",
            200.0,
            100.0,
        ));
        figures.push(Figure::at_most(
            "queue_filter_ms_p95",
            past.filter_ms,
            "ms",
            100.0,
            30.0,
        ));
        figures.push(Figure::plain("past_alarms", past.alarms as f64, ""));
        figures.push(Figure::plain("past_file_mib", past.file_mib, "MiB"));
    }
    Ok(figures)
}
