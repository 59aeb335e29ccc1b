//! Keeps the stream around an alarm: what came before at once, what comes after when it has come.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tracing::{error, info};

use super::span::UNFINISHED;
use super::{Span, SpanError, SpanFile};
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
    /// Keeps spans in `folder`. `wake` is called after each is told.
    ///
    /// # Errors
    /// When the folder cannot be made, or the system refuses the thread.
    pub fn start(
        folder: &Path,
        wake: impl Fn() + Send + 'static,
    ) -> std::io::Result<(Self, Receiver<Kept>)> {
        files::make_private_folder(folder)?;
        sweep(folder);
        let (wanted, asked) = crossbeam_channel::bounded(MOST_WAITING);
        let (tell, told) = crossbeam_channel::bounded(4 * MOST_WAITING);
        let folder = folder.to_owned();
        let thread = threads::spawn("spans", move || {
            let keeper = Desk {
                folder,
                tell,
                wake: Box::new(wake),
                waiting: Vec::new(),
            };
            keeper.run(&asked);
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

/// Removes what was not finished when the program ended, and what is older than [`KEPT_FOR`]. Other
/// files are not touched.
fn sweep(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else {
        return;
    };
    for file in files.flatten() {
        let path = file.path();
        let ending = path.extension().and_then(std::ffi::OsStr::to_str);
        if ending == Some(UNFINISHED) {
            fs::remove_file(&path).ok(); // it is tried again at the next sweep
        }
    }
    files::remove_older(folder, &["mkv"], KEPT_FOR);
}

struct Waiting {
    wanted: Wanted,
    /// What came before, in case the ring does not hold it any more by then.
    before: Span,
    due: Instant,
}

struct Desk {
    folder: PathBuf,
    tell: Sender<Kept>,
    wake: Box<dyn Fn() + Send>,
    waiting: Vec<Waiting>,
}

impl Desk {
    fn run(mut self, asked: &Receiver<Wanted>) {
        let mut swept = clock::now();
        loop {
            if clock::now().saturating_duration_since(swept) >= SWEEP_EVERY {
                swept = clock::now();
                sweep(&self.folder);
            }
            let next = self.waiting.iter().map(|waiting| waiting.due).min();
            let timeout = next.map_or(SWEEP_EVERY, |due| {
                due.saturating_duration_since(clock::now())
            });
            match asked.recv_timeout(timeout) {
                Ok(wanted) => self.begin(wanted),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = clock::now();
            let (due, later) = std::mem::take(&mut self.waiting)
                .into_iter()
                .partition(|waiting| waiting.due <= now);
            self.waiting = later;
            for waiting in due {
                self.finish(waiting, true);
            }
        }
        for waiting in std::mem::take(&mut self.waiting) {
            self.finish(waiting, false);
        }
    }

    fn begin(&mut self, wanted: Wanted) {
        let from = wanted.at.checked_sub(BEFORE).unwrap_or(wanted.at);
        let before = wanted.feed.ring().span(from, clock::now());
        keep_aside(&self.folder, wanted.alarm);
        if !before.is_empty() {
            let file = before.write(&self.folder.join(format!("{}-before.mkv", wanted.alarm)));
            self.told(wanted.alarm, file, false);
        }
        self.waiting.push(Waiting {
            due: wanted.at + AFTER,
            wanted,
            before,
        });
    }

    fn finish(&mut self, waiting: Waiting, again: bool) {
        let wanted = &waiting.wanted;
        let from = wanted.at.checked_sub(BEFORE).unwrap_or(wanted.at);
        let ring = wanted.feed.ring().span(from, wanted.at + AFTER);
        let span = waiting.before.clone().joined(ring);
        let file = span.write(&self.folder.join(format!("{}.mkv", wanted.alarm)));
        let disk = matches!(file, Err(SpanError::Written { .. }));
        if disk && again && self.waiting.len() < MOST_WAITING {
            let late = clock::now().saturating_duration_since(wanted.at);
            error!(alarm = %wanted.alarm, ?file, ?late, "a span is not kept yet");
            self.waiting.push(Waiting {
                before: span,
                due: clock::now() + AGAIN,
                ..waiting
            });
            return;
        }
        let before = self.folder.join(format!("{}-before.mkv", wanted.alarm));
        if file.is_ok() {
            fs::remove_file(before).ok(); // the whole has it too; whoever plays it has it open
        }
        self.told(wanted.alarm, file, true);
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
/// What an earlier run kept of an alarm, and did not come to complete, is not written over: it gets another
/// name beside the new one.
fn keep_aside(folder: &Path, alarm: Id) {
    let before = folder.join(format!("{alarm}-before.mkv"));
    if !before.exists() {
        return;
    }
    let name = |number: usize| folder.join(format!("{alarm}-cut-{number}.mkv"));
    let free = (1..1000).map(name).find(|path| !path.exists());
    let Some(free) = free else { return };
    match fs::rename(&before, &free) {
        Ok(()) => info!(%alarm, file = %free.display(), "a span of an earlier run is kept"),
        Err(error) => error!(%alarm, %error, "a span of an earlier run may be lost"),
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
