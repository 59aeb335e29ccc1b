//! `qyran bench alarms`: how soon what comes in is seen and heard, whether anything of a flood is
//! lost, and how fast the queue of three years is.
//!
//! Events go through the door that every adapter uses, from this process to a wall under Xvfb; the
//! wall measures itself ([`crate::app::measure::AlarmsMeasured`]). What it kept is read from its store
//! after it has left. With `--full-disk` the same on a disk without room.
#![expect(clippy::print_stderr, reason = "progress of a command")]

mod calm;
mod colleague;
mod events;
mod flood;
mod full_disk;
mod loudspeaker;
mod queue;
mod rota;
mod wall;

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::report::{Figure, Report, machine};
use super::seat::Seat;
use crate::app::measure::{AlarmMeasured, Percentiles};
use loudspeaker::Loudspeaker;

/// Open alarms of the queue's part.
const OPEN: usize = 200;

/// Arguments of `qyran bench alarms`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Duration of the calm part (an event about every half second), s (0 = skip)
    #[arg(long, default_value_t = 60.0)]
    seconds: f64,
    /// Events sent within ten seconds (0 = none)
    #[arg(long, default_value_t = 10_000)]
    events: usize,
    /// Also tell events while the disk is full (needs root)
    #[arg(long)]
    full_disk: bool,
    /// Closed alarms of three years (0 = none)
    #[arg(long, default_value_t = 500_000)]
    past: usize,
    /// Number of tiles
    #[arg(long, default_value_t = 12)]
    tiles: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    footage: Option<PathBuf>,
    /// Also write the report to this file (JSON)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let mut figures = Vec::new();
    if args.seconds > 0.0 || args.events > 0 || args.full_disk {
        let seat = Seat::open(args.footage.as_deref(), None, false)?;
        let speaker = Loudspeaker::start(&seat.home.join("speaker"))?;
        if !speaker.plays() {
            eprintln!("there is no pulseaudio: what is heard is not measured");
        }
        if args.seconds > 0.0 {
            figures.extend(calm(args, &seat, &speaker)?);
        }
        if args.events > 0 {
            figures.extend(flood(args, &seat, &speaker)?);
        }
        if args.full_disk {
            figures.extend(full_disk(args, &seat, &speaker)?);
        }
    }
    if args.past > 0 {
        figures.extend(past(args)?);
    }
    let report = Report {
        bench: "alarms",
        machine: machine(),
        figures,
    };
    if let Some(file) = &args.out {
        let text = serde_json::to_string_pretty(&report)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(report.tell(args.json))
}

fn bound(key: &'static str, value: f64, unit: &'static str, must: f64) -> Figure {
    Figure::at_most(key, value, unit, must, must)
}

fn cards(each: &[AlarmMeasured]) -> Percentiles {
    Percentiles::of(each.iter().filter_map(|alarm| alarm.card_ms).collect())
}

fn sounds(each: &[AlarmMeasured]) -> Percentiles {
    Percentiles::of(each.iter().filter_map(|alarm| alarm.sound_ms).collect())
}

fn calm(args: &Args, seat: &Seat, speaker: &Loudspeaker) -> anyhow::Result<Vec<Figure>> {
    eprintln!(
        "calm: an event about every half second, {:.0} s …",
        args.seconds
    );
    let folder = seat.home.join("calm");
    let calm = calm::run(seat, speaker, &folder, (args.tiles, args.seconds))?;
    let alarms = &calm.alarms;
    let (cards, sounds) = (cards(&alarms.each), sounds(&alarms.each));
    let unseen = calm.told.saturating_sub(cards.count);
    eprintln!(
        "{} told, {} shown, {} heard, {} answered",
        calm.told, cards.count, sounds.count, calm.answered
    );
    let mut figures = vec![
        bound("card_ms_p95", cards.p95, "ms", 200.0),
        Figure::plain("card_ms_p50", cards.p50, "ms"),
        // One that was never shown has no time, and would make the others look better.
        bound("unseen", unseen as f64, "", 0.0),
    ];
    if speaker.plays() {
        let unheard = calm.told.saturating_sub(sounds.count);
        figures.extend([
            bound("sound_ms_p95", sounds.p95, "ms", 250.0),
            Figure::plain("sound_ms_p50", sounds.p50, "ms"),
            bound("unheard", unheard as f64, "", 0.0),
        ]);
    }
    figures.push(Figure::plain("calm_events", calm.told as f64, ""));
    figures.push(Figure::plain("calm_ui_ms_p99", alarms.ui_ms.p99, "ms"));
    Ok(figures)
}

fn flood(args: &Args, seat: &Seat, speaker: &Loudspeaker) -> anyhow::Result<Vec<Figure>> {
    eprintln!("flood: {} events within ten seconds …", args.events);
    let folder = seat.home.join("flood");
    let flood = flood::run(seat, speaker, &folder, (args.tiles, args.events))?;
    eprintln!(
        "{} alarms, {} repeats of them, {} told twice; all answered after {:.1} s",
        flood.alarms, flood.repeats, flood.twice, flood.answered_s
    );
    let critical = flood.critical.as_ref();
    let card = critical.and_then(|alarm| alarm.card_ms);
    let sound = critical.and_then(|alarm| alarm.sound_ms);
    let measured = &flood.measured;
    let mut figures = vec![
        bound("lost", flood.lost as f64, "", 0.0),
        bound("ui_ms_p99", measured.ui_ms.p99, "ms", 16.0),
        Figure::plain("ui_cpu_ms_p99", measured.ui_cpu_ms.p99, "ms"),
        Figure::plain("ui_ms_most", measured.ui_ms_most, "ms"),
        bound(
            "critical_card_ms",
            card.unwrap_or(f64::INFINITY),
            "ms",
            1000.0,
        ),
    ];
    if speaker.plays() {
        figures.push(bound(
            "critical_sound_ms",
            sound.unwrap_or(f64::INFINITY),
            "ms",
            1000.0,
        ));
    }
    figures.extend([
        Figure::plain("flood_card_ms_p95", cards(&measured.each).p95, "ms"),
        Figure::plain("offered", flood.offered as f64, ""),
        Figure::plain("offered_s", flood.offered_s, "s"),
        Figure::plain("answered_s", flood.answered_s, "s"),
        Figure::plain("flood_alarms", flood.alarms as f64, ""),
        Figure::plain("flood_repeats", flood.repeats as f64, ""),
        Figure::plain("told_twice", flood.twice as f64, ""),
        Figure::plain(
            "rss_growth_mib",
            flood.rss_growth_bytes as f64 / f64::from(1 << 20),
            "MiB",
        ),
    ]);
    Ok(figures)
}

fn full_disk(args: &Args, seat: &Seat, speaker: &Loudspeaker) -> anyhow::Result<Vec<Figure>> {
    eprintln!("full disk: events while the store cannot write …");
    let folder = seat.home.join("full");
    let full = full_disk::run(seat, speaker, &folder, args.tiles)?;
    let each = &full.alarms.each;
    let (cards, sounds) = (cards(each), sounds(each));
    eprintln!(
        "{} told, {} shown, {} heard",
        full.told, cards.count, sounds.count
    );
    // One that was never seen or heard has no time, and would make the others look better.
    let all = |found: &Percentiles| {
        let whole = found.count >= full.told;
        if whole { found.p95 } else { f64::INFINITY }
    };
    let mut figures = vec![
        bound("full_card_ms_p95", all(&cards), "ms", 200.0),
        bound("full_lost", full.lost as f64, "", 0.0),
    ];
    if speaker.plays() {
        figures.push(bound("full_sound_ms_p95", all(&sounds), "ms", 250.0));
    }
    Ok(figures)
}

fn past(args: &Args) -> anyhow::Result<Vec<Figure>> {
    eprintln!("queue: {} alarms of three years are written …", args.past);
    let home = std::env::temp_dir().join(format!("qyran-bench-queue-{}", std::process::id()));
    let found = queue_in(&home, args.past);
    std::fs::remove_dir_all(&home).ok(); // in the folder for temporary files
    let found = found?;
    for (name, ms, count) in &found.filters {
        eprintln!("    {name:<20} {ms:>8.1} ms  {count} found");
    }
    Ok(vec![
        bound("queue_open_ms", found.open_ms, "ms", 200.0),
        bound("queue_filter_ms", found.filter_ms.p95, "ms", 100.0),
        Figure::plain("queue_past", found.past as f64, ""),
        Figure::plain("queue_written_s", found.written_s, "s"),
        Figure::plain("queue_mb", found.bytes as f64 / 1e6, "MB"),
    ])
}

fn queue_in(home: &Path, past: usize) -> anyhow::Result<queue::Found> {
    std::fs::create_dir_all(home)?;
    queue::run(home, past, OPEN)
}
