//! Making the clips: two ffmpeg processes at a time, the first eight sub streams first, and what an
//! interrupted run has made is kept.

use std::collections::{BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::FootageError;
use super::clip::{ClipInfo, count_pictures, info_path, is_done, stream_path, write_at_once};
use super::graph::{Stage, clip_arguments, stage_arguments, stages_of};
use super::recipe::{Recipe, recipes};
use super::sources::Sources;
use crate::base::{clock, threads};

/// Encoder processes at a time.
const WORKERS: usize = 2;
/// Sub streams that are made before everything else.
const FIRST: usize = 8;

/// What to make, from what, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of clips; made when it is not there.
    pub dir: PathBuf,
    /// Folders of sources, looked through before those of Debian's packages.
    pub sources: Vec<PathBuf>,
    /// Only the first so many sub streams; all clips when `None`.
    pub first: Option<usize>,
    /// The encoder's program.
    pub ffmpeg: PathBuf,
    /// Set to stop after the clips in hand.
    pub stop: Arc<AtomicBool>,
}

impl Options {
    /// All clips, into `dir`, from the usual sources.
    ///
    /// # Errors
    /// When this user has no home folder.
    pub fn new(dir: PathBuf) -> Result<Self, FootageError> {
        Ok(Self {
            dir,
            sources: vec![super::default_sources_dir()?],
            first: None,
            ffmpeg: PathBuf::from("ffmpeg"),
            stop: Arc::default(),
        })
    }
}

/// How far it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// Clips that are there.
    pub done: usize,
    /// Clips asked for.
    pub all: usize,
    /// The clip that is there now; empty on the first report.
    pub clip: String,
    /// Time left, as far as the work so far tells; `None` before the first clip.
    pub left: Option<Duration>,
}

/// What was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Clips asked for.
    pub all: usize,
    /// Clips that were made now.
    pub made: usize,
    /// Clips that were there before.
    pub kept: usize,
    /// How long it took.
    pub took: Duration,
    /// Size of all clips asked for, in bytes.
    pub bytes: u64,
}

/// One thing to do: a clip, or something that clips need.
#[derive(Clone, Debug)]
enum Job {
    Stage(Stage),
    Clip(Box<Recipe>),
}

impl Job {
    fn work(&self) -> f64 {
        match self {
            Self::Stage(stage) => stage.work(),
            Self::Clip(recipe) => recipe.work(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Stage(stage) => stage.file_name().to_owned(),
            Self::Clip(recipe) => recipe.name.clone(),
        }
    }
}

/// Makes the clips that are not there yet; returns at once when all are.
///
/// `progress` is called on this thread: once at the beginning and after each clip.
///
/// # Errors
/// When a source or the encoder is missing (before anything is made), when the encoder fails, when
/// the folder cannot be written, or when asked to stop. What was made until then is kept.
pub fn prepare(
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Result<Report, FootageError> {
    let begun = clock::now();
    let wanted = wanted(options.first);
    let missing: Vec<Recipe> = wanted
        .iter()
        .filter(|recipe| !is_done(&options.dir, recipe))
        .cloned()
        .collect();
    let kept = wanted.len() - missing.len();
    let mut tally = Tally::new(wanted.len(), kept, &missing);
    progress(tally.report(String::new(), Duration::ZERO));
    if !missing.is_empty() {
        let sources = Sources::find(&options.sources)?;
        check_encoder(&options.ffmpeg)?;
        let stage_dir = options.dir.join("stage");
        fs::create_dir_all(&stage_dir).map_err(|source| FootageError::File {
            path: stage_dir.clone(),
            source,
        })?;
        let shop = Arc::new(Shop {
            options: options.clone(),
            sources,
            stage_dir: stage_dir.clone(),
        });
        for batch in batches(&missing) {
            work_off(&shop, batch, &mut |job| {
                tally.add(job);
                if let Job::Clip(recipe) = job {
                    progress(tally.report(recipe.name.clone(), clock::now() - begun));
                }
            })?;
        }
        if options.first.is_none() {
            // All clips are there: what they were made from need not stay. A file that cannot be
            // removed harms nothing.
            fs::remove_dir_all(&stage_dir).ok();
        }
    }
    let bytes = wanted
        .iter()
        .filter_map(|recipe| fs::metadata(stream_path(&options.dir, recipe)).ok())
        .map(|meta| meta.len())
        .sum();
    Ok(Report {
        all: wanted.len(),
        made: missing.len(),
        kept,
        took: clock::now() - begun,
        bytes,
    })
}

/// The clips asked for, in the order of making.
fn wanted(first: Option<usize>) -> Vec<Recipe> {
    let all = recipes();
    match first {
        None => all,
        Some(first) => all
            .into_iter()
            .filter(|recipe| recipe.name.starts_with("sub-"))
            .take(first)
            .collect(),
    }
}

/// Jobs in batches, each of which needs only the ones before it: what the first eight need, the
/// first eight, what the others need, the others.
fn batches(missing: &[Recipe]) -> Vec<Vec<Job>> {
    let first = missing
        .iter()
        .take_while(|recipe| {
            recipe
                .name
                .strip_prefix("sub-")
                .and_then(|number| number.parse::<usize>().ok())
                .is_some_and(|number| number <= FIRST)
        })
        .count();
    let (early, late) = missing.split_at(first);
    let mut made = BTreeSet::new();
    let mut batches = Vec::new();
    for part in [early, late] {
        let needed: Vec<Job> = part
            .iter()
            .flat_map(stages_of)
            .filter(|stage| made.insert(*stage))
            .map(Job::Stage)
            .collect();
        let clips = part
            .iter()
            .map(|recipe| Job::Clip(Box::new(recipe.clone())))
            .collect();
        batches.push(needed);
        batches.push(clips);
    }
    batches
}

/// Work done and work left.
struct Tally {
    all: usize,
    done: usize,
    work_all: f64,
    work_done: f64,
}

impl Tally {
    fn new(all: usize, done: usize, missing: &[Recipe]) -> Self {
        Self {
            all,
            done,
            work_all: batches(missing).iter().flatten().map(Job::work).sum(),
            work_done: 0.0,
        }
    }

    fn add(&mut self, job: &Job) {
        self.work_done += job.work();
        if matches!(job, Job::Clip(_)) {
            self.done += 1;
        }
    }

    fn report(&self, clip: String, spent: Duration) -> Progress {
        let left = (self.work_done > 0.0).then(|| {
            let share = (self.work_all - self.work_done).max(0.0) / self.work_done;
            Duration::from_secs_f64(spent.as_secs_f64() * share)
        });
        Progress {
            done: self.done,
            all: self.all,
            clip,
            left,
        }
    }
}

/// What the workers share.
struct Shop {
    options: Options,
    sources: Sources,
    stage_dir: PathBuf,
}

/// Does `jobs` on [`WORKERS`] threads; calls `done` here after each.
fn work_off(
    shop: &Arc<Shop>,
    jobs: Vec<Job>,
    done: &mut dyn FnMut(&Job),
) -> Result<(), FootageError> {
    let count = jobs.len();
    let queue = Arc::new(Mutex::new(VecDeque::from(jobs)));
    // Room for every result: a worker never waits.
    let (send, receive) = crossbeam_channel::bounded(count.max(1));
    let mut workers = Vec::new();
    for number in 0..WORKERS.min(count) {
        let (shop, queue, send) = (Arc::clone(shop), Arc::clone(&queue), send.clone());
        let worker = threads::spawn(format!("footage-{number}"), move || {
            loop {
                let Some(job) = queue.lock().pop_front() else {
                    return;
                };
                let result = shop.make(&job);
                if result.is_err() {
                    // Nobody begins anything after a failure.
                    queue.lock().clear();
                }
                if send.send((job, result)).is_err() {
                    return;
                }
            }
        })
        .map_err(|source| FootageError::File {
            path: PathBuf::from("a thread for the encoder"),
            source,
        })?;
        workers.push(worker);
    }
    drop(send);
    let mut outcome = Ok(());
    for (job, result) in receive {
        match result {
            Ok(()) => done(&job),
            Err(error) if outcome.is_ok() => outcome = Err(error),
            // The first failure is the one to tell.
            Err(_) => {}
        }
    }
    outcome
}

impl Shop {
    fn make(&self, job: &Job) -> Result<(), FootageError> {
        if self.options.stop.load(Ordering::Relaxed) {
            return Err(FootageError::Stopped);
        }
        match job {
            Job::Stage(stage) => {
                let path = self.stage_dir.join(stage.file_name());
                if path.is_file() {
                    return Ok(());
                }
                let tmp = self.stage_dir.join(format!("{}.tmp", stage.file_name()));
                self.encode(&job.name(), stage_arguments(*stage, &self.sources, &tmp))?;
                rename(&tmp, &path)
            }
            Job::Clip(recipe) => self.make_clip(recipe),
        }
    }

    fn make_clip(&self, recipe: &Recipe) -> Result<(), FootageError> {
        let path = stream_path(&self.options.dir, recipe);
        let tmp = self.options.dir.join(format!("{}.tmp", recipe.name));
        let args = clip_arguments(recipe, &self.sources, &self.stage_dir, &tmp);
        self.encode(&recipe.name, args)?;
        let found = count_pictures(&tmp, recipe.codec)?;
        if found != recipe.frames {
            return Err(FootageError::Short {
                clip: recipe.name.clone(),
                found,
                due: recipe.frames,
            });
        }
        rename(&tmp, &path)?;
        let info = serde_json::to_vec(&ClipInfo::of(recipe, found)).map_err(|error| {
            FootageError::File {
                path: info_path(&self.options.dir, recipe),
                source: error.into(),
            }
        })?;
        write_at_once(&info_path(&self.options.dir, recipe), &info)
    }

    fn encode(&self, clip: &str, args: Vec<std::ffi::OsString>) -> Result<(), FootageError> {
        let ffmpeg = &self.options.ffmpeg;
        // The wall has the right of way: encoders run at a lower priority where `nice` exists.
        let output = Command::new("nice")
            .args(["-n", "10"])
            .arg(ffmpeg)
            .args(&args)
            .stdin(Stdio::null())
            .output()
            .or_else(|_| {
                Command::new(ffmpeg)
                    .args(&args)
                    .stdin(Stdio::null())
                    .output()
            })
            .map_err(|source| FootageError::NoEncoder {
                program: ffmpeg.display().to_string(),
                source,
            })?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        let last: Vec<&str> = said.lines().rev().take(3).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Err(FootageError::Encoder {
            clip: clip.to_owned(),
            said: if last.is_empty() {
                output.status.to_string()
            } else {
                last.join("; ")
            },
        })
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), FootageError> {
    fs::rename(from, to).map_err(|source| FootageError::File {
        path: to.to_owned(),
        source,
    })
}

/// Runs the encoder once for its version, so that its absence is told before any work.
fn check_encoder(ffmpeg: &Path) -> Result<(), FootageError> {
    Command::new(ffmpeg)
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|_| ())
        .map_err(|source| FootageError::NoEncoder {
            program: ffmpeg.display().to_string(),
            source,
        })
}
