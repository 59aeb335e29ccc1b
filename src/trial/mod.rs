//! `qyran detect`: runs the rules of a file over a video file, and tells what they notice.
//!
//! The same looks, tracks and rules as at the wall; only the time is that of the file.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::app::eyes;
use crate::base::clock::WallTime;
use crate::detect::{Model, Observer, Provider, Runtime, Taken};
use crate::media;
use crate::media::clip::Clip;
use crate::model::camera::CameraId;
use crate::model::detection::rule::Rule;
use crate::model::detection::rule::file::{self, Form};
use crate::model::detection::track::Track;
use crate::model::detection::watch::Limits;
use crate::model::detection::{Detection, Fact, Region};
use crate::store::paths::Paths;
use crate::words::{Language, Words};

/// Run detection rules on a video file
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Video file
    #[arg(long, value_name = "FILE")]
    pub clip: PathBuf,
    /// Rule file (.toml or .json)
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Use only this camera's rules [default: all rules]
    #[arg(long, value_name = "ID")]
    pub camera: Option<String>,
    /// Frames analysed per second
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub looks: f32,
    /// Model ID
    #[arg(long, value_name = "ID", default_value = "nanodet-g-416x256")]
    pub model: String,
    /// Start time of the recording, for schedules, e.g. 2026-03-01T22:30
    #[arg(long, value_name = "TIME")]
    pub begins: Option<jiff::civil::DateTime>,
    /// Print one JSON line per detection (and per analysed frame with --tracks)
    #[arg(long)]
    pub json: bool,
    /// Include tracked objects
    #[arg(long, requires = "json")]
    pub tracks: bool,
    /// Output language: kk, ru or en [default: system language, else en]
    #[arg(long)]
    pub lang: Option<Language>,
    /// Settings folder
    #[arg(long, value_name = "FOLDER")]
    pub config: Option<PathBuf>,
    /// Data folder
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
}

/// One line of output.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Look {
        at_s: f64,
        tracks: Vec<Followed<'a>>,
    },
    Fact(&'a Fact),
    End {
        seconds: f64,
        pictures: u64,
        looks: u64,
    },
}

#[derive(Serialize)]
struct Followed<'a> {
    id: u64,
    class: &'a str,
    score: f32,
    region: Region,
}

/// A picture, and what was made of it.
pub struct Looked<'a> {
    /// Its time in the clip.
    pub at: Duration,
    /// What is followed.
    pub tracks: &'a [Track],
    /// What the model found.
    pub found: &'a [Detection],
    /// What the rules noticed.
    pub facts: &'a [Fact],
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Done {
    /// The time of the last picture.
    pub length: Duration,
    /// Pictures in the file.
    pub pictures: u64,
    /// Of which so many were looked at.
    pub looks: u64,
}

/// Looks at a clip `looks` times a second of its own time, and tells each look; the last one, with
/// the facts that end with the clip, has no tracks.
///
/// # Errors
/// When the clip cannot be read, or the model fails.
pub fn look_through(
    clip: &mut Clip,
    model: &mut Model,
    observer: &mut Observer,
    looks: f32,
    begins: WallTime,
    mut tell: impl FnMut(&Looked<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<Done> {
    let mut done = Done::default();
    let every = Duration::try_from_secs_f32(1.0 / looks).context("looks a second")?;
    let mut next = Duration::ZERO;
    let mut found = Vec::new();
    while let Some(picture) = clip.next_picture()? {
        done.pictures += 1;
        let at = picture.arrival.saturating_duration_since(clip.origin());
        done.length = at;
        // A picture a hair before its time is the one that is meant.
        if at + Duration::from_millis(5) < next {
            continue;
        }
        next += every;
        found.clear();
        let parts = observer.parts();
        model.look_at_parts(&picture, &parts, eyes::LEAST_SCORE, &mut found)?;
        let taken = Taken {
            feed: 0,
            wall: begins.plus_nanos(at.as_nanos() as i64),
            cost: Duration::ZERO,
            parts: parts.len(),
        };
        let (observation, facts) = observer.observe(&picture, &found, taken);
        done.looks += 1;
        tell(&Looked {
            at,
            tracks: &observation.tracks,
            found: &found,
            facts: &facts,
        })?;
    }
    let facts = observer.finish();
    tell(&Looked {
        at: done.length,
        tracks: &[],
        found: &[],
        facts: &facts,
    })?;
    Ok(done)
}

/// Runs the command.
///
/// # Errors
/// When a file cannot be read, a rule is none, or the model fails.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let words = Words::new(args.lang.unwrap_or_else(Language::of_the_system));
    anyhow::ensure!(
        args.looks.is_finite() && (0.05..=60.0).contains(&args.looks),
        "--looks must be a number from 0.05 to 60"
    );
    let rules = rules(args, words)?;
    let paths = Paths::find(args.config.as_deref(), args.data.as_deref())?;
    media::init()?;
    let runtime = Runtime::load(&paths.model_runtime())?;
    let folder = eyes::model_folder(&paths.model_folders(None), &args.model);
    let mut model = Model::load(runtime, &folder, Provider::Cpu)?;
    let mut clip = Clip::open(&args.clip)?;
    let zone = jiff::tz::TimeZone::system();
    let begins = match args.begins {
        Some(local) => {
            WallTime::from_micros(local.to_zoned(zone.clone())?.timestamp().as_microsecond())
        }
        None => crate::base::clock::wall_now(),
    };
    let mut observer = Observer::new(rules, zone, Limits::default());
    let mut out = std::io::stdout().lock();
    let (json, tracks) = (args.json, args.tracks);
    let done = look_through(
        &mut clip,
        &mut model,
        &mut observer,
        args.looks,
        begins,
        |look| {
            if tracks {
                let followed = look.tracks.iter().map(|track| Followed {
                    id: track.id,
                    class: track.class.as_str(),
                    score: track.score,
                    region: track.region,
                });
                let line = Line::Look {
                    at_s: look.at.as_secs_f64(),
                    tracks: followed.collect(),
                };
                writeln!(out, "{}", serde_json::to_string(&line)?)?;
            }
            for fact in look.facts {
                if json {
                    writeln!(out, "{}", serde_json::to_string(&Line::Fact(fact))?)?;
                } else {
                    writeln!(out, "{}", told(fact, look.at, words))?;
                }
            }
            Ok(())
        },
    )?;
    if json {
        let line = Line::End {
            seconds: done.length.as_secs_f64(),
            pictures: done.pictures,
            looks: done.looks,
        };
        writeln!(out, "{}", serde_json::to_string(&line)?)?;
    }
    Ok(())
}

/// A fact as a line of text.
fn told(fact: &Fact, at: Duration, words: Words) -> String {
    let seconds = at.as_secs_f32();
    let kind = words.get(fact.kind.key());
    let stage = format!("{:?}", fact.stage).to_lowercase();
    let class = fact.class.as_ref().map_or("", |class| class.as_str());
    format!(
        "{seconds:8.1} s  {stage:8} {kind}  {}  {class}  {:.2}",
        fact.rule, fact.score
    )
}

fn rules(args: &Args, words: Words) -> anyhow::Result<Vec<Rule>> {
    let Some(file) = &args.rules else {
        return Ok(Vec::new());
    };
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let loaded = file::read(&text, Form::of(&file.to_string_lossy()));
    let faults: Vec<String> = loaded.faults.iter().map(|fault| fault.say(words)).collect();
    anyhow::ensure!(
        faults.is_empty(),
        "{}: {}",
        file.display(),
        faults.join("; ")
    );
    let camera = args.camera.as_ref().map(CameraId::new).transpose()?;
    Ok(loaded
        .rules
        .into_iter()
        .filter(|rule| camera.as_ref().is_none_or(|camera| rule.camera == *camera))
        .collect())
}
