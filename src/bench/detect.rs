//! What a look of the detectors costs, in its parts, on pictures of the demo city.
#![expect(clippy::print_stderr, reason = "progress of a command")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

use super::report::{Figure, Report, machine};
use crate::app::eyes;
use crate::base::clock;
use crate::city::footage;
use crate::detect::{Cost, Model, Provider, Runtime};
use crate::media::{self, clip::Clip};
use crate::model::detection::track::Tracker;
use crate::model::detection::{Detection, Region};
use crate::model::frame::Plane;
use crate::pixels::background::{self, Background};
use crate::pixels::motion::Motion;
use crate::pixels::{Picture, Pool};
use crate::store::paths::Paths;

/// Arguments of `qyran bench detect`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// Model ID
    #[arg(long, value_name = "ID", default_value = "nanodet-g-416x256")]
    model: String,
    /// Execution provider: cpu, cuda …
    #[arg(long, default_value = "cpu")]
    provider: String,
    /// Number of analysed frames
    #[arg(long, default_value_t = 200)]
    looks: usize,
    /// Clip [default: a street of the demo city]
    #[arg(long, value_name = "FILE")]
    clip: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Pictures of the clip that are looked at in turn.
const PICTURES: usize = 45;
/// Tracks of the tracker's measured step.
const TRACKS: usize = 50;

pub(super) fn run(args: &Args) -> anyhow::Result<bool> {
    media::init()?;
    let paths = Paths::find(None, None)?;
    let runtime = Runtime::load(&paths.model_runtime())?;
    let provider = Provider::ALL
        .into_iter()
        .find(|provider| provider.key() == args.provider)
        .context("no such provider")?;
    let folder = eyes::model_folder(&paths.model_folders(None), &args.model);
    let mut model = Model::load(runtime, &folder, provider)?;
    let clip = match &args.clip {
        Some(clip) => clip.clone(),
        None => footage::default_dir()?.join("sub-01.h264"),
    };
    let (pictures, decode) = pictures(&clip)?;
    eprintln!("{} looks at {} …", args.looks, clip.display());
    let mut costs = Vec::with_capacity(args.looks);
    let mut found = Vec::new();
    // The first looks make the model's memory.
    for look in 0..args.looks + 5 {
        found.clear();
        let picture = &pictures[look % pictures.len()];
        let cost = model.look(picture, Region::WHOLE, eyes::LEAST_SCORE, &mut found)?;
        if look >= 5 {
            costs.push(cost);
        }
    }
    let part = |get: fn(&Cost) -> Duration| median(costs.iter().map(get));
    let (preprocess, bare, decoded) = (
        part(|cost| cost.preprocess),
        part(|cost| cost.run),
        part(|cost| cost.decode),
    );
    let scene = scene(&pictures);
    let tracker = tracker();
    let motion = motion(&pictures);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let beside = ms(preprocess) + ms(decoded) + ms(scene) + ms(tracker);
    let whole = ms(bare) + beside;
    let report = Report {
        bench: "detect",
        machine: machine(),
        figures: vec![
            Figure::at_most("preprocess_ms", ms(preprocess), "ms", 1.0, 0.6),
            Figure::plain("run_ms", ms(bare), "ms"),
            Figure::at_most("decode_ms", ms(decoded), "ms", 0.5, 0.2),
            Figure::at_most("tracker_ms", ms(tracker), "ms", 0.1, 0.05),
            Figure::plain("scene_ms", ms(scene), "ms"),
            Figure::at_most("overhead_share", beside / ms(bare), "", 0.08, 0.05),
            // Looked at once in four frames at most.
            Figure::at_most(
                "motion_share",
                ms(motion) / 4.0 / ms(decode),
                "",
                0.02,
                0.01,
            ),
            Figure::plain("looks_per_core_s", 1e3 / whole, "1/s"),
            Figure::plain("found", found.len() as f64, ""),
        ],
    };
    Ok(report.tell(args.json))
}

/// The first pictures of a clip, and how long decoding one takes.
fn pictures(file: &std::path::Path) -> anyhow::Result<(Vec<Picture>, Duration)> {
    let mut clip = Clip::open(file)?;
    let mut pictures = Vec::with_capacity(PICTURES);
    let mut times = Vec::with_capacity(PICTURES);
    while pictures.len() < PICTURES {
        let begun = clock::now();
        let Some(picture) = clip.next_picture()? else {
            break;
        };
        times.push(begun.elapsed());
        pictures.push(picture);
    }
    ensure!(!pictures.is_empty(), "{}: no pictures", file.display());
    Ok((pictures, median(times)))
}

/// Learning the scene, for one look.
fn scene(pictures: &[Picture]) -> Duration {
    let mut background = Background::new(background::Limits::default());
    let pool = Pool::new(4);
    median(pictures.iter().enumerate().map(|(index, picture)| {
        let at = Duration::from_secs(index as u64);
        timed(|| {
            background.step(picture, &[], at, &pool);
        })
    }))
}

/// One step of the tracker with many tracks.
fn tracker() -> Duration {
    let mut tracker = Tracker::default();
    median((0..100_u64).map(|look| {
        let found: Vec<Detection> = (0..TRACKS)
            .map(|index| {
                let x = 0.04 + (index % 10) as f32 * 0.095 + look as f32 * 0.0004;
                let y = 0.1 + (index / 10) as f32 * 0.19;
                Detection {
                    class: "person".into(),
                    score: 0.7,
                    region: [x, y, x + 0.03, y + 0.15].into(),
                }
            })
            .collect();
        timed(|| {
            tracker.step(&found, Duration::from_millis(200 * look));
        })
    }))
}

/// How much moves, for one picture.
fn motion(pictures: &[Picture]) -> Duration {
    let mut motion = Motion::default();
    median(pictures.iter().map(|picture| {
        let luma = Plane {
            bytes: &picture.y,
            stride_bytes: picture.width as usize,
        };
        timed(|| {
            motion.step(luma, picture.width as usize, picture.height as usize);
        })
    }))
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun: Instant = clock::now();
    work();
    begun.elapsed()
}

fn median(times: impl IntoIterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
