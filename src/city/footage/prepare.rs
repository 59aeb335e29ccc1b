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

/// How often to look whether another process is done.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

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
#[derive(Clone, Debug, PartialEq)]
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
    progress(Tally::new(wanted.len(), kept, &missing).report(String::new(), Duration::ZERO));
    let mut made = 0;
    if !missing.is_empty() {
        let sources = Sources::find(&options.sources)?;
        check_encoder(&options.ffmpeg)?;
        let stage_dir = options.dir.join("stage");
        fs::create_dir_all(&stage_dir).map_err(|source| FootageError::File {
            path: stage_dir.clone(),
            source,
        })?;
        // Two of us in one folder would be in each other's way: the later one watches the other.
        let turn = take_turns(options, &wanted, progress)?;
        if turn.is_some() {
            // What a killed run has left unfinished.
            remove_unfinished(&options.dir);
        }
        let missing: Vec<Recipe> = missing
            .into_iter()
            .filter(|recipe| !is_done(&options.dir, recipe))
            .collect();
        made = missing.len();
        let mut tally = Tally::new(wanted.len(), wanted.len() - made, &missing);
        let begun = clock::now();
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
            if made > 0 {
                fs::remove_dir_all(&stage_dir).ok();
            }
        }
    }
    let bytes = wanted
        .iter()
        .filter_map(|recipe| fs::metadata(stream_path(&options.dir, recipe)).ok())
        .map(|meta| meta.len())
        .sum();
    Ok(Report {
        all: wanted.len(),
        made,
        kept: wanted.len() - made,
        took: clock::now() - begun,
        bytes,
    })
}

/// Waits until no other process makes clips in this folder, or until it has made all that are
/// `wanted`, and reports its progress as one's own. The lock goes with the file, or with the process.
fn take_turns(
    options: &Options,
    wanted: &[Recipe],
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<fs::File>, FootageError> {
    let path = options.dir.join("lock");
    let failed = |source| FootageError::File {
        path: path.clone(),
        source,
    };
    let lock = fs::File::create(&path).map_err(failed)?;
    let mut seen = 0;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(lock)),
            Err(fs::TryLockError::Error(source)) => return Err(failed(source)),
            Err(fs::TryLockError::WouldBlock) => {}
        }
        let done = |recipe: &&Recipe| is_done(&options.dir, recipe);
        let there = wanted.iter().filter(done).count();
        if there == wanted.len() {
            return Ok(None);
        }
        if there != seen {
            seen = there;
            progress(Progress {
                done: there,
                all: wanted.len(),
                clip: String::new(),
                left: None,
            });
        }
        if options.stop.load(Ordering::Relaxed) {
            return Err(FootageError::Stopped);
        }
        // A timer's message, which always comes.
        crossbeam_channel::after(LOOK_AGAIN).recv().ok();
    }
}

/// Removes files that only a killed run leaves; what cannot be removed or listed harms nothing.
fn remove_unfinished(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "tmp") {
            fs::remove_file(path).ok();
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn clip_count(batches: &[Vec<Job>]) -> usize {
        batches
            .iter()
            .flatten()
            .filter(|job| matches!(job, Job::Clip(_)))
            .count()
    }

    /// Writes what a finished clip looks like.
    fn finish(dir: &Path, recipe: &Recipe) {
        fs::write(stream_path(dir, recipe), b"stream").unwrap();
        let info = serde_json::to_vec(&ClipInfo::of(recipe, recipe.frames)).unwrap();
        write_at_once(&info_path(dir, recipe), &info).unwrap();
    }

    fn options(dir: &Path) -> Options {
        Options {
            dir: dir.to_owned(),
            sources: Vec::new(),
            first: Some(2),
            ffmpeg: PathBuf::from("ffmpeg"),
            stop: Arc::default(),
        }
    }

    #[test]
    fn the_first_eight_come_first_and_everything_after_what_it_needs() {
        let all = recipes();
        let batches = batches(&all);
        assert_eq!(clip_count(&batches), all.len());
        let first: Vec<String> = batches[1].iter().map(Job::name).collect();
        let expect: Vec<String> = (1..=8).map(super::super::sub_clip_of).collect();
        assert_eq!(first, expect);
        let mut there = BTreeSet::new();
        for batch in &batches {
            for job in batch {
                if let Job::Clip(recipe) = job {
                    for stage in stages_of(recipe) {
                        assert!(there.contains(&stage), "{} needs {stage:?}", recipe.name);
                    }
                }
            }
            for job in batch {
                if let Job::Stage(stage) = job {
                    assert!(there.insert(*stage), "{stage:?} is made twice");
                }
            }
        }
    }

    #[test]
    fn time_left_follows_the_work_done() {
        let all = recipes();
        let mut tally = Tally::new(all.len(), 0, &all);
        assert_eq!(tally.report(String::new(), Duration::ZERO).left, None);
        let jobs: Vec<Job> = batches(&all).into_iter().flatten().collect();
        let half = tally.work_all / 2.0;
        let mut jobs = jobs.into_iter();
        while tally.work_done < half {
            tally.add(&jobs.next().unwrap());
        }
        let spent = Duration::from_secs(100);
        let left = tally.report(String::new(), spent).left.unwrap();
        // The job that crossed the middle may be a long one.
        assert!((70..=100).contains(&left.as_secs()), "{left:?}");
        for job in jobs {
            tally.add(&job);
        }
        let end = tally.report(String::new(), spent);
        assert_eq!((end.done, end.all), (all.len(), all.len()));
        assert!(end.left.unwrap() < Duration::from_millis(1));
    }

    #[test]
    fn what_is_there_is_kept_without_sources_or_encoder() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            ffmpeg: PathBuf::from("/nowhere/ffmpeg"),
            ..options(dir.path())
        };
        for recipe in wanted(options.first) {
            finish(dir.path(), &recipe);
        }
        let mut seen = Vec::new();
        let report = prepare(&options, &mut |progress| seen.push(progress)).unwrap();
        assert_eq!((report.all, report.made, report.kept), (2, 0, 2));
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].done, seen[0].all), (2, 2));
    }

    #[test]
    fn a_clip_made_by_another_recipe_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let recipe = &wanted(Some(1))[0];
        finish(dir.path(), recipe);
        assert!(is_done(dir.path(), recipe));
        let mut other = recipe.clone();
        other.gop += 1;
        assert!(!is_done(dir.path(), &other));
        fs::remove_file(stream_path(dir.path(), recipe)).unwrap();
        assert!(!is_done(dir.path(), recipe));
    }

    #[test]
    fn errors_name_the_package_that_helps() {
        let missing = check_encoder(Path::new("/nowhere/ffmpeg")).unwrap_err();
        let said = missing.to_string();
        assert!(said.contains("Debian package ffmpeg"), "{said}");
        let source = FootageError::SourceMissing {
            file: "vtest.avi",
            brings: "the Debian package opencv-doc",
        };
        assert!(source.to_string().contains("opencv-doc"));
    }

    /// Really encodes two clips of half a second, one of each annexed codec.
    #[test]
    fn encodes_what_the_recipe_says() {
        let dir = tempfile::tempdir().unwrap();
        let options = options(dir.path());
        if let Err(error) = check_encoder(&options.ffmpeg) {
            crate::base::skipped::skip(error);
            return;
        }
        let sources = match Sources::find(&[dir.path().to_owned()]) {
            Ok(sources) => sources,
            Err(FootageError::SourceMissing { file, brings }) if file != "bikes.mp4" => {
                crate::base::skipped::skip(format_args!("{file} is missing; {brings} brings it"));
                return;
            }
            // The clips below need no bikes.
            Err(_) => Sources::by_name(),
        };
        let shop = Shop {
            options,
            sources,
            stage_dir: dir.path().to_owned(),
        };
        let black = recipes()
            .into_iter()
            .find(|recipe| recipe.name == "fault-black")
            .unwrap();
        for codec in [super::super::Codec::H264, super::super::Codec::H265] {
            let recipe = Recipe {
                codec,
                frames: 8,
                gop: 4,
                size: (320, 180),
                ..black.clone()
            };
            shop.make(&Job::Clip(Box::new(recipe.clone()))).unwrap();
            assert!(is_done(dir.path(), &recipe));
            let bytes = fs::read(stream_path(dir.path(), &recipe)).unwrap();
            // Delimiter first, then parameter sets, and a keyframe each four pictures.
            let kinds = nal_kinds(&bytes, codec);
            let (delimiter, keyframes) = match codec {
                super::super::Codec::H264 => (9, [5, 5]),
                _ => (35, [19, 20]),
            };
            assert_eq!(kinds[0], delimiter, "{codec}: {kinds:?}");
            let keys = kinds.iter().filter(|kind| keyframes.contains(kind)).count();
            assert_eq!(keys, 2, "{codec}: {kinds:?}");
            let pictures = kinds.iter().filter(|kind| **kind == delimiter).count();
            assert_eq!(pictures, 8, "{codec}: {kinds:?}");
        }
    }

    /// The types of the units in an Annex B stream.
    fn nal_kinds(bytes: &[u8], codec: super::super::Codec) -> Vec<u8> {
        bytes
            .windows(4)
            .filter(|window| window[..3] == [0, 0, 1])
            .map(|window| match codec {
                super::super::Codec::H264 => window[3] & 0x1f,
                _ => window[3] >> 1 & 0x3f,
            })
            .collect()
    }
}
