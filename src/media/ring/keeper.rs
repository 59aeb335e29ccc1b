//! Keeps the stream around an alarm: what came before at once, what comes after when it has come.
//!
//! Spans are written by a few threads, so that one whose muxer hangs, or whose disk does, keeps nobody
//! else's waiting. A feed on whose units a muxer came to grief is not given to one for a while: its spans
//! are kept as they came, and say so.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tracing::{error, info, warn};

use super::span::{ENDINGS, UNFINISHED, companions};
use super::{Muxer, Span, SpanError, SpanFile};
use crate::base::{clock, files, threads};
use crate::media::live::Feed;
use crate::model::id::Id;

/// What is kept before and after.
const BEFORE: Duration = Duration::from_secs(10);
/// See [`BEFORE`].
const AFTER: Duration = Duration::from_secs(10);
/// A disk that takes nothing is asked again so often, so long as there is room to wait.
const AGAIN: Duration = Duration::from_secs(5);
/// Files older than this are removed: thirty days.
const KEPT_FOR: Duration = Duration::from_secs(30 * 86_400);
/// How often it is looked for such.
const SWEEP_EVERY: Duration = Duration::from_secs(6 * 3600);
/// So many spans at most wait: about 2 MB each.
const MOST_WAITING: usize = 32;
/// Threads that write.
const WRITERS: usize = 2;
/// A feed on whose units a muxer came to grief is not given to one for so long.
const UNMUXED_FOR: Duration = Duration::from_secs(600);
/// When the program ends a span that is being written is waited for so long.
const LEAVE_WITHIN: Duration = Duration::from_secs(60);

/// A span that is wanted.
pub struct Wanted {
    /// Of which alarm.
    pub alarm: Id,
    /// Of which feed.
    pub feed: Arc<Feed>,
    /// Around which moment.
    pub at: Instant,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Of which alarm.
    pub alarm: Id,
    /// The file, or why there is none.
    pub file: Result<SpanFile, SpanError>,
    /// Whether it is the whole: the first is what came before.
    pub whole: bool,
}

/// The thread that keeps spans. What is not yet complete is written when it is dropped.
#[derive(Debug)]
pub struct SpanKeeper {
    wanted: Option<Sender<Wanted>>,
    thread: Option<JoinHandle<()>>,
}

impl SpanKeeper {
    /// Keeps spans in `folder`, put into containers by `muxer`. `wake` is called after each is told.
    ///
    /// # Errors
    /// When the folder cannot be made, or the system refuses the thread.
    pub fn start(
        folder: &Path,
        muxer: Muxer,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<(Self, Receiver<Kept>)> {
        files::make_private_folder(folder)?;
        sweep(folder, true);
        let (wanted, asked) = crossbeam_channel::bounded(MOST_WAITING);
        let (tell, told) = crossbeam_channel::bounded(4 * MOST_WAITING);
        let folder = folder.to_owned();
        let (jobs, work) = crossbeam_channel::bounded::<Job>(WRITERS);
        let (written, done) = crossbeam_channel::bounded(2 * WRITERS);
        for number in 0..WRITERS {
            let (work, written, muxer) = (work.clone(), written.clone(), muxer.clone());
            threads::spawn(format!("span-{number}"), move || {
                for job in work {
                    let file = job.write(&muxer);
                    if written.send((job, file)).is_err() {
                        break;
                    }
                }
            })?;
        }
        let thread = threads::spawn("spans", move || {
            let keeper = Desk {
                folder,
                tell,
                wake: Box::new(wake),
                waiting: Vec::new(),
                open: BTreeMap::new(),
                queue: VecDeque::new(),
                jobs,
                busy: BTreeSet::new(),
                unmuxed: BTreeMap::new(),
            };
            keeper.run(&asked, &done);
        })?;
        let keeper = Self {
            wanted: Some(wanted),
            thread: Some(thread),
        };
        Ok((keeper, told))
    }

    /// Keeps a span; false where too many wait.
    pub fn keep(&self, wanted: Wanted) -> bool {
        self.wanted
            .as_ref()
            .is_some_and(|asked| asked.try_send(wanted).is_ok())
    }
}

impl Drop for SpanKeeper {
    fn drop(&mut self) {
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told by the hook that all threads have.
            thread.join().ok();
        }
    }
}

/// Removes what was not finished when the program ended (at the start: later it may be one that is being
/// written), and what is older than [`KEPT_FOR`]. Other files are not touched.
fn sweep(folder: &Path, at_start: bool) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let path = file.path();
        let ending = path.extension().and_then(std::ffi::OsStr::to_str);
        let is_old = || {
            let written = file.metadata().and_then(|about| about.modified());
            let age = written.ok().and_then(|written| written.elapsed().ok());
            age.is_some_and(|age| age > KEPT_FOR)
        };
        let goes = match ending {
            Some(UNFINISHED) => at_start || is_old(),
            Some(ending) => ENDINGS.contains(&ending) && is_old(),
            None => false,
        };
        if goes {
            fs::remove_file(&path).ok(); // it is tried again at the next sweep
        }
    }
}

struct Waiting {
    wanted: Wanted,
    /// What came before, in case the ring does not hold it any more by then.
    before: Span,
    due: Instant,
}

/// A span that is to be written.
struct Job {
    alarm: Id,
    feed: u64,
    span: Span,
    path: PathBuf,
    /// Why no container is made of it.
    as_it_came: Option<String>,
    /// It is the whole; the first is what came before.
    whole: Option<Waiting>,
}

impl Job {
    fn write(&self, muxer: &Muxer) -> Result<SpanFile, SpanError> {
        match &self.as_it_came {
            Some(why) => self.span.write_as_it_came(&self.path, why.clone()),
            None => self.span.write(&self.path, muxer),
        }
    }
}

struct Desk {
    folder: PathBuf,
    tell: Sender<Kept>,
    wake: Box<dyn Fn() + Send>,
    waiting: Vec<Waiting>,
    /// Alarms whose whole is not told yet, with what was kept of before.
    open: BTreeMap<Id, Option<PathBuf>>,
    queue: VecDeque<Job>,
    jobs: Sender<Job>,
    /// Feeds of which a span is being written.
    busy: BTreeSet<u64>,
    /// Feeds whose spans are kept as they come: since when, and why.
    unmuxed: BTreeMap<u64, (Instant, String)>,
}

impl Desk {
    fn run(
        mut self,
        asked: &Receiver<Wanted>,
        done: &Receiver<(Job, Result<SpanFile, SpanError>)>,
    ) {
        let mut swept = clock::now();
        loop {
            if clock::now().saturating_duration_since(swept) >= SWEEP_EVERY {
                swept = clock::now();
                sweep(&self.folder, false);
            }
            let next = self.waiting.iter().map(|waiting| waiting.due).min();
            let timeout = next.map_or(SWEEP_EVERY, |due| {
                due.saturating_duration_since(clock::now())
            });
            crossbeam_channel::select! {
                recv(asked) -> wanted => match wanted {
                    Ok(wanted) => self.begin(wanted),
                    Err(_disconnected) => break,
                },
                recv(done) -> written => match written {
                    Ok((job, file)) => self.written(job, file, true),
                    Err(_disconnected) => break,
                },
                default(timeout) => {}
            }
            let now = clock::now();
            let (due, later) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|waiting| waiting.due <= now);
            self.waiting = later;
            for waiting in due {
                self.finish(waiting);
            }
            self.hand_out();
        }
        // The program ends: what there is, is written at once.
        self.queue.retain(|job| job.whole.is_some());
        for waiting in std::mem::take(&mut self.waiting) {
            self.finish(waiting);
        }
        while !self.open.is_empty() {
            self.hand_out();
            match done.recv_timeout(LEAVE_WITHIN) {
                Ok((job, file)) => self.written(job, file, false),
                Err(_silent) => {
                    error!(
                        spans = self.open.len(),
                        "spans are not kept: the program ends"
                    );
                    break;
                }
            }
        }
    }

    fn begin(&mut self, wanted: Wanted) {
        let from = wanted.at.checked_sub(BEFORE).unwrap_or(wanted.at);
        let before = wanted.feed.ring().span(from, clock::now());
        keep_aside(&self.folder, wanted.alarm);
        self.open.insert(wanted.alarm, None);
        if !before.is_empty() {
            self.enqueue(wanted.alarm, wanted.feed.key(), before.clone(), None);
        }
        self.waiting.push(Waiting {
            due: wanted.at + AFTER,
            wanted,
            before,
        });
    }

    fn finish(&mut self, waiting: Waiting) {
        let wanted = &waiting.wanted;
        let from = wanted.at.checked_sub(BEFORE).unwrap_or(wanted.at);
        let ring = wanted.feed.ring().span(from, wanted.at + AFTER);
        let span = waiting.before.clone().joined(ring);
        let (alarm, feed) = (wanted.alarm, wanted.feed.key());
        // What came before is in it too.
        self.queue.retain(|job| job.alarm != alarm);
        self.enqueue(alarm, feed, span, Some(waiting));
    }

    fn enqueue(&mut self, alarm: Id, feed: u64, span: Span, whole: Option<Waiting>) {
        let name = match whole {
            Some(_) => format!("{alarm}.mkv"),
            None => format!("{alarm}-before.mkv"),
        };
        self.queue.push_back(Job {
            alarm,
            feed,
            span,
            path: self.folder.join(name),
            as_it_came: None,
            whole,
        });
    }

    /// Gives those who write as much as they take; of one feed no more than one span at a time.
    fn hand_out(&mut self) {
        let is_free = |busy: &BTreeSet<u64>, job: &Job| !busy.contains(&job.feed);
        while let Some(at) = self.queue.iter().position(|job| is_free(&self.busy, job))
            && let Some(mut job) = self.queue.remove(at)
        {
            let feed = job.feed;
            job.as_it_came = self.unmuxed_because(feed);
            match self.jobs.try_send(job) {
                Ok(()) => {
                    self.busy.insert(feed);
                }
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                    self.queue.insert(at, job);
                    return;
                }
            }
        }
    }

    /// Why no muxer gets spans of this feed, if none does.
    fn unmuxed_because(&mut self, feed: u64) -> Option<String> {
        let (since, why) = self.unmuxed.get(&feed)?;
        if clock::now().saturating_duration_since(*since) < UNMUXED_FOR {
            return Some(why.clone());
        }
        self.unmuxed.remove(&feed);
        None
    }

    fn written(&mut self, job: Job, file: Result<SpanFile, SpanError>, again: bool) {
        self.busy.remove(&job.feed);
        if let Ok(file) = &file
            && let Some(why) = &file.as_it_came
            && job.as_it_came.is_none()
        {
            warn!(alarm = %job.alarm, %why, "no container is made of this camera's spans for a while");
            self.unmuxed.insert(job.feed, (clock::now(), why.clone()));
        }
        let Some(waiting) = job.whole else {
            self.written_before(job.alarm, file);
            return;
        };
        let disk = matches!(file, Err(SpanError::Written { .. }));
        if disk && again && self.waiting.len() + self.queue.len() < MOST_WAITING {
            let late = clock::now().saturating_duration_since(waiting.wanted.at);
            error!(alarm = %job.alarm, ?file, ?late, "a span is not kept yet");
            self.waiting.push(Waiting {
                before: job.span,
                due: clock::now() + AGAIN,
                ..waiting
            });
            return;
        }
        let before = self.open.remove(&job.alarm).flatten();
        if file.is_ok()
            && let Some(before) = before
        {
            remove(&before); // the whole has it too; whoever plays it has it open
        }
        self.told(job.alarm, file, true);
    }

    fn written_before(&mut self, alarm: Id, file: Result<SpanFile, SpanError>) {
        match (self.open.get_mut(&alarm), &file) {
            (Some(before), Ok(file)) => *before = Some(file.path.clone()),
            (Some(_), Err(_)) => {}
            // The whole was there first.
            (None, Ok(file)) => return remove(&file.path),
            (None, Err(_)) => return,
        }
        self.told(alarm, file, false);
    }

    fn told(&self, alarm: Id, file: Result<SpanFile, SpanError>, whole: bool) {
        match &file {
            Ok(file) => {
                info!(%alarm, pictures = file.pictures, bytes = file.bytes, "a span is kept");
            }
            Err(problem) => error!(%alarm, %problem, "a span is not kept"),
        }
        // Who does not take them any more finds the files.
        self.tell.try_send(Kept { alarm, file, whole }).ok();
        (self.wake)();
    }
}

/// Removes the files of a span.
fn remove(path: &Path) {
    for file in companions(path).chain([path.to_owned()]) {
        fs::remove_file(file).ok(); // it goes after thirty days at the latest
    }
}

/// What an earlier run kept of an alarm, and did not come to complete, is not written over: it gets another
/// name beside the new one.
fn keep_aside(folder: &Path, alarm: Id) {
    for ending in ENDINGS {
        let before = folder.join(format!("{alarm}-before.{ending}"));
        if !before.exists() {
            continue;
        }
        let name = |number: usize| folder.join(format!("{alarm}-cut-{number}.{ending}"));
        let free = (1..1000).map(name).find(|path| !path.exists());
        let Some(free) = free else { continue };
        for (from, to) in companions(&before).zip(companions(&free)) {
            fs::rename(from, to).ok(); // it may have none
        }
        match fs::rename(&before, &free) {
            Ok(()) => info!(%alarm, file = %free.display(), "a span of an earlier run is kept"),
            Err(error) => error!(%alarm, %error, "a span of an earlier run may be lost"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_run_kept_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let alarm = Id::named("alarm");
        let path = |rest: &str| folder.path().join(format!("{alarm}-{rest}.mkv"));
        keep_aside(folder.path(), alarm);
        for (number, text) in [(1, "first"), (2, "second")] {
            fs::write(path("before"), text).unwrap();
            keep_aside(folder.path(), alarm);
            assert!(!path("before").exists());
            let kept = fs::read_to_string(path(&format!("cut-{number}"))).unwrap();
            assert_eq!(kept, text);
        }
    }
}
