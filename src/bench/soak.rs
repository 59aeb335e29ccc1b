//! Hours of trouble in minutes: faults come and go on a wall of live feeds, and what the wall holds
//! must not grow.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;

use super::report::{Figure, Report, machine};
use super::screen::median;
use super::seat::{Seat, WatchedWall, pause};
use crate::base::family::Family;
use crate::link::http;
use crate::store::cameras;

/// Faults, each in its turn; the last word of each cycle is `none`.
const FAULTS: [&str; 7] = [
    "lost",
    "stall",
    "black",
    "size",
    "codec",
    "freeze",
    "not_found",
];
/// Before the first cycle everything must live, within this time …
const STARTS_WITHIN: Duration = Duration::from_secs(60);
/// … and be at rest for so long.
const AT_REST: Duration = Duration::from_secs(10);
/// What may be gained or lost, of what there was.
const MOST_DRIFT: f64 = 3.0;
/// Memory that may be gained in all cycles, MB.
const MOST_GROWTH_MB: f64 = 16.0;
/// It is taken between the first and the last of so many parts of the cycles: ten of 500 each, enough
/// that one which happens to be busy does not count.
const GROWTH_PARTS: usize = 50;

/// Arguments of `qyran bench soak`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Number of fault cycles
    #[arg(long, default_value_t = 500)]
    pub cycles: usize,
    /// Warm-up cycles that do not count (80: each of 45 cameras has had each of the seven faults)
    #[arg(long, default_value_t = 80)]
    pub warm_up: usize,
    /// Length of one cycle, s; half of it with faults
    #[arg(long, default_value_t = 1.5)]
    pub cycle_seconds: f64,
    /// Cameras with a fault per cycle
    #[arg(long, default_value_t = 4)]
    pub faulty: usize,
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Save the figures of every cycle in this folder, as CSV
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What the wall holds after a cycle.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    megabytes: f64,
    threads: f64,
    descriptors: f64,
    texture_megabytes: f64,
    live: usize,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let seat = Seat::open(args.footage.as_deref(), args.out.as_deref(), false)?;
    let ids: Vec<String> = cameras::read(&seat.city.camera_file)?
        .cameras
        .iter()
        .take(args.feeds)
        .map(|camera| camera.id.to_string())
        .collect();
    let mut command = seat.wall()?;
    command
        .arg("--cameras")
        .arg(&seat.city.camera_file)
        .arg("--tiles")
        .arg(args.feeds.to_string());
    let mut wall = WatchedWall::start(command)?;
    wall.wait_live(STARTS_WITHIN)?;
    pause(AT_REST);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let half = Duration::from_secs_f64((args.cycle_seconds / 2.0).clamp(0.1, 600.0));
    let mut samples = Vec::with_capacity(args.cycles);
    let mut table = String::from("cycle,megabytes,threads,descriptors,texture_megabytes,live\n");
    for cycle in 0..args.warm_up + args.cycles {
        let faulty: Vec<&str> = chosen(cycle, args.faulty, ids.len())
            .map(|index| ids[index].as_str())
            .collect();
        // As many kinds at once as there are faulty cameras, in another order each time.
        let set = |healed: bool| {
            runtime.block_on(async {
                for (n, camera) in faulty.iter().enumerate() {
                    let kind = (cycle * args.faulty + n + cycle / FAULTS.len()) % FAULTS.len();
                    let fault = if healed { "none" } else { FAULTS[kind] };
                    set_fault(&seat, camera, fault).await?;
                }
                anyhow::Ok(())
            })
        };
        set(false)?;
        pause(half);
        set(true)?;
        pause(half);
        wall.must_run()?;
        let sample = sample(&wall)?;
        if cycle % 20 == 0 {
            eprintln!(
                "cycle {cycle}: {:.1} MB, {} threads, {} descriptors, {:.2} MB of textures, {} live",
                sample.megabytes,
                sample.threads,
                sample.descriptors,
                sample.texture_megabytes,
                sample.live
            );
        }
        table.push_str(&format!(
            "{cycle},{:.3},{},{},{:.3},{}\n",
            sample.megabytes,
            sample.threads,
            sample.descriptors,
            sample.texture_megabytes,
            sample.live
        ));
        if cycle >= args.warm_up {
            samples.push(sample);
        }
    }
    if args.out.is_some() {
        std::fs::write(seat.home.join("soak.csv"), table).context("the figures cannot be kept")?;
    }
    eprintln!("healed: until every feed lives …");
    let all_live = wall.wait_live(STARTS_WITHIN);
    if let Err(error) = &all_live {
        eprintln!("{error:#}");
    }
    Ok(report(&samples, all_live.is_ok()).tell(args.json))
}

/// The cameras of a cycle, of `of`: all have their turn.
fn chosen(cycle: usize, faulty: usize, of: usize) -> impl Iterator<Item = usize> {
    (0..faulty.min(of)).map(move |n| (cycle * faulty + n) % of.max(1))
}

async fn set_fault(seat: &Seat, camera: &str, fault: &str) -> anyhow::Result<()> {
    let wish = serde_json::json!({ "camera": camera, "fault": fault });
    let url = format!("http://{}/fault", seat.city.control);
    let _done: serde_json::Value = http::post_json(&url, &wish).await?;
    Ok(())
}

fn sample(wall: &WatchedWall) -> anyhow::Result<Sample> {
    let family = Family::of(wall.pid()).context("no figures of the wall's processes")?;
    let beat = wall.beat().unwrap_or_default();
    Ok(Sample {
        megabytes: family.bytes as f64 / 1e6,
        threads: family.threads as f64,
        descriptors: family.descriptors as f64,
        texture_megabytes: beat.texture_bytes as f64 / 1e6,
        live: beat.live,
    })
}

/// Medians of the first and of the last of the samples, each of one part in `parts`.
fn ends(values: &[f64], parts: usize) -> (f64, f64) {
    let part = (values.len() / parts).max(1).min(values.len());
    (
        median(&values[..part]),
        median(&values[values.len() - part..]),
    )
}

/// From the first fifth of the samples to the last: percent.
fn drift(values: &[f64]) -> f64 {
    let (first, last) = ends(values, 5);
    100.0 * (last - first) / first.max(1e-9)
}

/// From the first to the last of the samples: what was gained, in their unit.
fn growth(values: &[f64]) -> f64 {
    let (first, last) = ends(values, GROWTH_PARTS);
    last - first
}

/// The least-squares slope, per sample.
fn slope(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = values.iter().sum::<f64>() / n;
    let (mut over, mut under) = (0.0, 0.0);
    for (index, value) in values.iter().enumerate() {
        let x = index as f64 - middle;
        over += x * (value - mean);
        under += x * x;
    }
    if under > 0.0 { over / under } else { 0.0 }
}

fn report(samples: &[Sample], all_live: bool) -> Report {
    let of = |get: fn(&Sample) -> f64| samples.iter().map(get).collect::<Vec<f64>>();
    let memory = of(|sample| sample.megabytes);
    let bounded = |key, values: &[f64]| {
        Figure::at_most(key, drift(values).abs(), "%", MOST_DRIFT, MOST_DRIFT)
    };
    let last = samples.last().copied().unwrap_or_default();
    Report {
        bench: "soak",
        machine: machine(),
        figures: vec![
            Figure::plain("cycles", samples.len() as f64, ""),
            Figure::at_most(
                "soak_mb",
                growth(&memory),
                "MB",
                MOST_GROWTH_MB,
                MOST_GROWTH_MB,
            ),
            bounded("memory_drift", &memory),
            Figure::plain("memory_mb", last.megabytes, "MB"),
            Figure::plain("memory_slope", slope(&memory) * 1e3, "kB"),
            bounded("thread_drift", &of(|sample| sample.threads)),
            Figure::plain("threads", last.threads, ""),
            bounded("fd_drift", &of(|sample| sample.descriptors)),
            Figure::plain("descriptors", last.descriptors, ""),
            bounded("texture_drift", &of(|sample| sample.texture_megabytes)),
            Figure::plain("texture_mb", last.texture_megabytes, "MB"),
            Figure::at_least("all_live", f64::from(u8::from(all_live)), "", 1.0, 1.0),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_is_seen_and_noise_is_none() {
        let noise = |n: usize| [0.0, 3.0, -3.0, 1.0, -1.0][n % 5];
        let flat: Vec<f64> = (0..500).map(|n| 300.0 + noise(n)).collect();
        assert!(drift(&flat).abs() < 0.5 && slope(&flat).abs() < 1e-3);
        let leak: Vec<f64> = (0..500)
            .map(|n| 300.0 + noise(n) + n as f64 * 0.04)
            .collect();
        assert!((drift(&leak) - 5.3).abs() < 0.3, "{}", drift(&leak));
        assert!((slope(&leak) - 0.04).abs() < 1e-3);
        assert!(growth(&flat).abs() < 0.5);
        assert!((growth(&leak) - 19.6).abs() < 0.3, "{}", growth(&leak));
        assert!(growth(&[5.0]).abs() < 1e-9);
        let sample = |megabytes| Sample {
            megabytes,
            threads: 20.0,
            descriptors: 90.0,
            texture_megabytes: 8.0,
            live: 45,
        };
        let told = |values: &[f64]| {
            let samples: Vec<Sample> = values.iter().map(|mb| sample(*mb)).collect();
            report(&samples, true).figures.iter().all(Figure::is_kept)
        };
        assert!(told(&flat) && !told(&leak));
        assert!(drift(&[5.0]).abs() < 1e-9 && slope(&[5.0]) == 0.0);
    }

    #[test]
    fn every_camera_has_its_turn() {
        let seen: std::collections::BTreeSet<usize> =
            (0..12).flat_map(|cycle| chosen(cycle, 4, 45)).collect();
        assert_eq!(seen.len(), 45);
        assert_eq!(chosen(3, 4, 2).count(), 2);
        assert_eq!(chosen(3, 4, 0).count(), 0);
    }
}
