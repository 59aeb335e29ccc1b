//! What decoding in processes of their own costs: the same feeds of the demo city with both forms,
//! in turn, so that a machine that changes its speed meanwhile does so for both.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};

use super::report::{Figure, Report, machine};
use crate::base::clock;
use crate::base::proc::Usage;
use crate::city::footage;
use crate::demo::children::CityProcess;
use crate::media;
use crate::media::live::{Feed, FeedId, Live, Options};
use crate::media::source::{Address, SystemOpener};
use crate::model::camera::StreamKind;
use crate::store::cameras;
use crate::store::secrets::Secrets;

/// Size of a tile on a wall of 45, pixels.
const TILE_PX: (u32, u32) = (271, 152);
/// Seconds for connecting before the measuring begins.
const WARM_UP: Duration = Duration::from_secs(8);

/// Arguments of `qyran bench stage`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Number of streams
    #[arg(long, default_value_t = 45)]
    pub feeds: usize,
    /// Measuring time per form and round, s
    #[arg(long, default_value_t = 15.0)]
    pub seconds: f64,
    /// Rounds
    #[arg(long, default_value_t = 3)]
    pub rounds: usize,
    /// Scale to screen pixels, as with a software graphics adapter
    #[arg(long)]
    pub exact: bool,
    /// Footage folder [default: footage-v1 in the user cache]
    #[arg(long, value_name = "FOLDER")]
    pub footage: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// What one form did in one round.
#[derive(Clone, Debug, Default)]
struct Round {
    cores: f64,
    by_thread: BTreeMap<String, f64>,
    age_p95_ms: f64,
    decoded_share: f64,
    rss_mb: f64,
    threads: f64,
}

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    let clips = match &args.footage {
        Some(folder) => folder.clone(),
        None => footage::default_dir()?,
    };
    let home = std::env::temp_dir().join(format!("qyran-bench-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let city = CityProcess::start(&clips, &home, 0, 0, Duration::from_secs(30))?;
    media::init()?;
    let forms = [
        ("threads", Options::default()),
        ("processes", Options::of_this_program()),
    ];
    let mut rounds = [Vec::new(), Vec::new()];
    for round in 0..args.rounds.max(1) {
        for ((name, options), rounds) in forms.iter().zip(&mut rounds) {
            let one = measure(args, &city, options)?;
            eprintln!(
                "{name}, round {}: {:.3} cores, p95 {:.1} ms, {:.4} decoded, {:.0} MB",
                round + 1,
                one.cores,
                one.age_p95_ms,
                one.decoded_share,
                one.rss_mb
            );
            for (thread, cores) in &one.by_thread {
                eprintln!("    {thread:<16} {cores:.4} cores");
            }
            rounds.push(one);
        }
    }
    std::fs::remove_dir_all(&home).ok(); // in the folder for temporary files
    let median = |rounds: &[Round], get: fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(get).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    };
    let [threads, processes] = &rounds;
    let cores = (median(threads, |r| r.cores), median(processes, |r| r.cores));
    // A machine that is short decodes less with both; what counts is what a frame costs.
    let cost = |rounds| median(rounds, |r| r.cores / r.decoded_share.max(1e-3));
    let report = Report {
        bench: "stage",
        machine: machine(),
        figures: vec![
            Figure::plain("cores_threads", cores.0, "cores"),
            Figure::plain("cores_processes", cores.1, "cores"),
            Figure::at_most(
                "cost_ratio",
                cost(processes) / cost(threads),
                "×",
                1.15,
                1.10,
            ),
            Figure::plain("p95_threads", median(threads, |r| r.age_p95_ms), "ms"),
            Figure::plain("p95_processes", median(processes, |r| r.age_p95_ms), "ms"),
            Figure::plain("share_threads", median(threads, |r| r.decoded_share), ""),
            Figure::plain(
                "share_processes",
                median(processes, |r| r.decoded_share),
                "",
            ),
            Figure::plain("rss_threads", median(threads, |r| r.rss_mb), "MB"),
            Figure::plain("rss_processes", median(processes, |r| r.rss_mb), "MB"),
            Figure::plain("num_threads", median(threads, |r| r.threads), ""),
            Figure::plain("num_processes", median(processes, |r| r.threads), ""),
        ],
    };
    Ok(report.tell(args.json))
}

fn measure(args: &Args, city: &CityProcess, options: &Options) -> anyhow::Result<Round> {
    let (told, wake) = bounded(1);
    let waker = move || {
        told.try_send(()).ok(); // one is enough
    };
    let opener = Arc::new(SystemOpener::default());
    let (live, mut events) = Live::start(options, opener, Arc::new(waker))?;
    live.make_exact_pixels(args.exact);
    let feeds = open(args, city, &live)?;
    take_pictures(&feeds, &wake, WARM_UP);
    let begin = Usage::of_self_and_children().context("no figures of this process")?;
    let before = counted(&feeds);
    let begun = clock::now();
    let wanted = Duration::from_secs_f64(args.seconds.clamp(1.0, 600.0));
    let mut ages = take_pictures(&feeds, &wake, wanted);
    let seconds = (clock::now() - begun).as_secs_f64();
    let end = Usage::of_self_and_children().context("no figures of this process")?;
    let after = counted(&feeds);
    while events.try_recv().is_ok() {}
    ages.sort_by(f64::total_cmp);
    let mut by_thread = end.since(&begin);
    // The city is a child too.
    by_thread.retain(|name, _| !name.starts_with("city"));
    let city = Usage::of(city.pid()).unwrap_or_default();
    let by_thread: BTreeMap<String, f64> = by_thread
        .into_iter()
        .map(|(name, secs)| (name, secs / seconds))
        .collect();
    Ok(Round {
        cores: by_thread.values().sum(),
        by_thread,
        age_p95_ms: ages.get(ages.len() * 95 / 100).copied().unwrap_or(f64::NAN),
        decoded_share: (after.1 - before.1) as f64 / (after.0 - before.0).max(1) as f64,
        rss_mb: end.rss_bytes.saturating_sub(city.rss_bytes) as f64 / 1e6,
        threads: end.threads.len().saturating_sub(city.threads.len()) as f64,
    })
}

fn open(args: &Args, city: &CityProcess, live: &Live) -> anyhow::Result<Vec<Arc<Feed>>> {
    let loaded = cameras::read(&city.camera_file)?;
    let secrets = Secrets::read(&city.camera_file.with_file_name("passwords.toml"))?;
    let mut feeds = Vec::new();
    for camera in loaded.cameras.iter().take(args.feeds) {
        let Some(url) = camera.url(StreamKind::Sub).cloned() else {
            continue;
        };
        let credentials = secrets.for_camera(camera, &url);
        let id = FeedId {
            camera: camera.id.clone(),
            stream: StreamKind::Sub,
        };
        let feed = live.open(id, Address { url, credentials });
        feed.set_shown_size(TILE_PX.0, TILE_PX.1);
        feeds.push(feed);
    }
    if feeds.is_empty() {
        bail!("the city has no camera");
    }
    Ok(feeds)
}

/// Frames due and decoded.
fn counted(feeds: &[Arc<Feed>]) -> (u64, u64) {
    feeds.iter().fold((0, 0), |(due, decoded), feed| {
        let counters = feed.counters();
        (due + counters.due, decoded + counters.decoded)
    })
}

/// Takes pictures as soon as they are there; their ages since arrival, in milliseconds.
fn take_pictures(feeds: &[Arc<Feed>], wake: &Receiver<()>, how_long: Duration) -> Vec<f64> {
    let until = clock::now() + how_long;
    let mut ages = Vec::new();
    while clock::now() < until {
        if wake.recv_deadline(until) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
        for feed in feeds {
            if let Some(picture) = feed.take_picture() {
                let age = clock::now().saturating_duration_since(picture.arrival);
                ages.push(age.as_secs_f64() * 1e3);
            }
        }
    }
    ages
}
