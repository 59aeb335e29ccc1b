//! The second place: a folder, best on another machine, into which each seat copies the checkpoints
//! it signs. Whoever rewrites the log, even with a seat's key, would have to rewrite that folder too.
//!
//! Each seat writes files of its own there, so that seats on a network share never meet:
//! * `checkpoint-<log>.<key>.txt`: the latest, replaced as a whole;
//! * `checkpoints-<log>.<key>.txt`: one every ten minutes, appended and never changed;
//! * `key-<log>.<key>.txt`: the seat's verifier key.
//!
//! A thread of its own does it (`witness`), since such a folder may hang for minutes: whoever hands a
//! checkpoint over never waits, and the newest one wins. A failure is told once, and tried again with
//! growing waits until it is over, which is told as well.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use parking_lot::Mutex;
use rand::SeedableRng as _;
use rand::rngs::SmallRng;

use super::note::{Keys, Malformed, Note, VerifierKey};
use super::verify::{Held, Place};
use crate::base::backoff::{Backoff, Policy};
use crate::base::{clock, files, threads};

/// The most of one file that is read back, bytes: some hundred years of one seat.
const LONGEST_HISTORY: u64 = 1 << 30;

/// How often what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The latest checkpoint, at most so often.
    pub latest: Duration,
    /// One into the history, at most so often: 16 MB in a year.
    pub history: Duration,
    /// Again after a failure; grows with each further one up to sixty times as much.
    pub retry: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            latest: Duration::from_secs(5),
            history: Duration::from_secs(600),
            retry: Duration::from_secs(1),
        }
    }
}

/// How the second place does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It has the latest checkpoint; told once, and again after a failure.
    Written,
    /// It cannot be written to; told once, tried again.
    Failed {
        /// The folder.
        folder: PathBuf,
        /// Why, in the system's words.
        why: String,
    },
}

/// The names of a seat's files in the folder.
#[derive(Clone, Debug)]
struct Files {
    folder: PathBuf,
    latest: PathBuf,
    history: PathBuf,
    key: PathBuf,
}

/// What stands for the log in names of files: letters, digits and hyphens of its origin.
fn slug(origin: &str) -> String {
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    origin.chars().map(fit).take(100).collect()
}

/// Other seats and whoever checks the log read what lies there; it holds no secrets. A place without
/// such modes has rules of its own.
#[cfg(unix)]
fn for_all(file: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644)).ok();
}

#[cfg(not(unix))]
fn for_all(_file: &File) {}

impl Files {
    fn new(folder: &Path, origin: &str, key: &VerifierKey) -> Self {
        let slug = slug(origin);
        let file = |kind: &str| folder.join(format!("{kind}-{slug}.{:08x}.txt", key.id()));
        Self {
            folder: folder.to_owned(),
            latest: file("checkpoint"),
            history: file("checkpoints"),
            key: file("key"),
        }
    }

    /// Replaces a file as a whole.
    fn replace(file: &Path, text: &str) -> io::Result<()> {
        let new = file.with_extension("new");
        fs::remove_file(&new).ok(); // a left-over of an interrupted write, or a link that was laid
        let mut out = files::create_private(&new)?;
        for_all(&out);
        out.write_all(text.as_bytes())?;
        out.sync_all()?;
        fs::rename(&new, file)
    }

    fn write_key(&self, key: &VerifierKey) -> io::Result<()> {
        // The folder itself is not made: a mount that is not there must not become a folder here.
        if !self.key.exists() {
            Self::replace(&self.key, &format!("{key}\n"))?;
        }
        Ok(())
    }

    /// Appends to the history. What an interrupted write left at its end is closed off first.
    fn append(&self, note: &str) -> io::Result<()> {
        let mut out = files::append_private(&self.history)?;
        for_all(&out);
        let closed = {
            use std::io::{Seek as _, SeekFrom};
            let mut last = [b'\n'; 2];
            let length = out.seek(SeekFrom::End(0))?;
            let back = length.min(2);
            out.seek(SeekFrom::End(-(back as i64)))?;
            out.read_exact(&mut last[2 - back as usize..])?;
            last == *b"\n\n" || length == 0
        };
        let between = if closed { "" } else { "\n\n" };
        out.write_all(format!("{between}{note}\n").as_bytes())?;
        out.sync_all()
    }
}

/// The notes of a history, as they were appended. An empty line parts each from the next and, within
/// each, the text from the signatures; those begin with a dash. What is left of an interrupted write
/// is given as it is.
fn notes(history: &str) -> Vec<String> {
    let mut notes = Vec::new();
    let mut text: Option<&str> = None;
    for block in history.split("\n\n") {
        let block = block.trim_matches('\n');
        if block.starts_with('\u{2014}') {
            notes.push(format!("{}\n\n{block}\n", text.take().unwrap_or_default()));
        } else if !block.is_empty() {
            notes.extend(text.replace(block).map(str::to_owned));
        }
    }
    notes.extend(text.map(str::to_owned));
    notes
}

/// The newest checkpoint that waits to be written.
#[derive(Default)]
struct Slot(Mutex<Option<Note>>);

/// Copies checkpoints to the second place. Dropping it writes what waits and ends the thread, without
/// waiting for either; [`Witness::finish`] waits.
#[derive(Debug)]
pub struct Witness {
    slot: Arc<Slot>,
    wake: Sender<()>,
    ended: Receiver<()>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slot")
    }
}

impl Witness {
    /// Starts copying checkpoints of the log `origin` that `key` signs into `folder`, which must be
    /// there whenever it is written to. `tell` is called on the thread, when something changes.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn start(
        folder: &Path,
        origin: &str,
        key: VerifierKey,
        pace: Pace,
        tell: impl Fn(Told) + Send + 'static,
    ) -> io::Result<Self> {
        let slot = Arc::new(Slot::default());
        let (wake, woken) = bounded(1);
        let (end, ended) = bounded(1);
        let mut writer = Writer {
            files: Files::new(folder, origin, &key),
            key,
            pace,
            slot: Arc::clone(&slot),
            newest: None,
            in_latest: true,
            in_history: true,
            latest_at: None,
            history_at: None,
            told: None,
        };
        threads::spawn("witness", move || {
            writer.run(&woken, &tell);
            end.send(()).ok(); // nobody may wait for it
        })?;
        Ok(Self { slot, wake, ended })
    }

    /// The newest checkpoint. Never waits; one that was not written yet is forgotten.
    pub fn put(&self, note: Note) {
        *self.slot.0.lock() = Some(note);
        self.wake.try_send(()).ok(); // full: it is awake already
    }

    /// Writes what waits, and waits for it for at most `within`; whether it came to its end.
    pub fn finish(self, within: Duration) -> bool {
        let Self { wake, ended, .. } = self;
        drop(wake);
        !matches!(ended.recv_timeout(within), Err(RecvTimeoutError::Timeout))
    }
}

/// What the thread holds.
struct Writer {
    files: Files,
    key: VerifierKey,
    pace: Pace,
    slot: Arc<Slot>,
    /// The newest checkpoint that was taken over.
    newest: Option<Note>,
    /// Whether it is in the file of the latest, and in the history.
    in_latest: bool,
    in_history: bool,
    latest_at: Option<Instant>,
    history_at: Option<Instant>,
    told: Option<Told>,
}

impl Writer {
    fn run(&mut self, woken: &Receiver<()>, tell: &impl Fn(Told)) {
        let mut backoff = Backoff::new(Policy {
            first: self.pace.retry,
            most: self.pace.retry * 60,
            ..Policy::default()
        });
        let mut random = SmallRng::from_os_rng();
        let mut not_before: Option<Instant> = None;
        loop {
            let now = clock::now();
            let wait = self.due(now).map(|due| {
                let due = not_before.map_or(due, |retry| due.max(retry));
                due.saturating_duration_since(now)
            });
            if wait.is_none_or(|wait| !wait.is_zero()) {
                let heard = match wait {
                    Some(wait) => woken.recv_timeout(wait),
                    None => woken.recv().map_err(|_gone| RecvTimeoutError::Disconnected),
                };
                self.take();
                if heard != Err(RecvTimeoutError::Disconnected) {
                    continue;
                }
                // The last words go into both files, once.
                self.history_at = None;
                if !(self.in_latest && self.in_history) {
                    let written = self.write(clock::now());
                    self.tell(written, tell);
                }
                return;
            }
            let written = self.write(now);
            not_before = match &written {
                Ok(()) => {
                    backoff.reset();
                    None
                }
                Err(_told_below) => Some(clock::now() + backoff.next_wait(&mut random)),
            };
            self.tell(written, tell);
        }
    }

    /// Takes the newest checkpoint over.
    fn take(&mut self) {
        if let Some(note) = self.slot.0.lock().take() {
            self.newest = Some(note);
            self.in_latest = false;
            self.in_history = false;
        }
    }

    /// When to write next; nothing where the latest is written.
    fn due(&self, now: Instant) -> Option<Instant> {
        if self.in_latest {
            return None;
        }
        Some(self.latest_at.map_or(now, |at| at + self.pace.latest))
    }

    fn write(&mut self, now: Instant) -> io::Result<()> {
        let Some(note) = &self.newest else {
            return Ok(());
        };
        let text = note.to_string();
        self.files.write_key(&self.key)?;
        if !self.in_latest {
            Files::replace(&self.files.latest, &text)?;
        }
        let is_time = self
            .history_at
            .is_none_or(|at| now.saturating_duration_since(at) >= self.pace.history);
        if is_time && !self.in_history {
            self.files.append(&text)?;
            self.history_at = Some(now);
            self.in_history = true;
        }
        self.latest_at = Some(now);
        self.in_latest = true;
        Ok(())
    }

    fn tell(&mut self, written: io::Result<()>, tell: &impl Fn(Told)) {
        let told = match written {
            Ok(()) => Told::Written,
            Err(error) => Told::Failed {
                folder: self.files.folder.clone(),
                why: error.to_string(),
            },
        };
        if self.told.as_ref() != Some(&told) {
            self.told = Some(told.clone());
            tell(told);
        }
    }
}

/// What a second place holds of one log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// All checkpoints, of all seats, for [`super::verify::Verifier::new`].
    pub held: Vec<Held>,
    /// The keys that lie there. They say who wrote there; whether they are to be trusted is for whoever
    /// reads them to know.
    pub keys: Keys,
    /// Files with something that is no key.
    pub faults: Vec<(PathBuf, Malformed)>,
}

/// Reads a second place.
///
/// # Errors
/// When the folder or a file in it cannot be read.
pub fn read(folder: &Path, origin: &str) -> io::Result<History> {
    let slug = slug(origin);
    let mut history = History::default();
    let mut names: Vec<PathBuf> = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    names.sort();
    for path in names {
        let name = path.file_name().and_then(|name| name.to_str());
        let kind = name
            .and_then(|name| name.strip_suffix(".txt"))
            .and_then(|name| name.rsplit_once('.'))
            .and_then(|(name, _key)| name.strip_suffix(&*slug)?.strip_suffix('-'));
        let place = || Place::Witness(path.display().to_string());
        let mut hold = |note: String| {
            history.held.push(Held {
                place: place(),
                size: None,
                note,
            });
        };
        match kind {
            Some("checkpoint") => hold(whole(&path)?),
            Some("checkpoints") => {
                let text = whole(&path)?;
                notes(&text).into_iter().for_each(hold);
            }
            Some("key") => {
                let (keys, faults) = Keys::parse(&whole(&path)?);
                history.keys.extend(keys);
                let faults = faults.into_iter().map(|(_, fault)| (path.clone(), fault));
                history.faults.extend(faults);
            }
            _ => {}
        }
    }
    Ok(history)
}

/// A file as text; bytes that are none become marks, which no checkpoint holds.
fn whole(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?
        .take(LONGEST_HISTORY)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::log::signer::Signer;
    use crate::store::log::tree::{Frontier, leaf_hash};

    const ORIGIN: &str = "qyran/0193";
    const AT_ONCE: Pace = Pace {
        latest: Duration::ZERO,
        history: Duration::ZERO,
        retry: Duration::from_millis(10),
    };
    const LONG: Duration = Duration::from_secs(20);

    fn signer(folder: &Path) -> Signer {
        Signer::open_or_make(&folder.join("seat.key"), "a").unwrap()
    }

    fn note(signer: &Signer, size: u64) -> Note {
        let mut edge = Frontier::default();
        (0..size).for_each(|_| edge.append(leaf_hash(b"line")));
        signer.sign(ORIGIN, &edge).unwrap()
    }

    fn writer(folder: &Path, signer: &Signer, pace: Pace) -> Writer {
        Writer {
            files: Files::new(folder, ORIGIN, signer.key()),
            key: signer.key().clone(),
            pace,
            slot: Arc::default(),
            newest: None,
            in_latest: true,
            in_history: true,
            latest_at: None,
            history_at: None,
            told: None,
        }
    }

    impl Writer {
        fn put(&mut self, note: Note, now: Instant) {
            *self.slot.0.lock() = Some(note);
            self.take();
            self.write(now).unwrap();
        }
    }

    fn sizes(folder: &Path) -> Vec<String> {
        let history = read(folder, ORIGIN).unwrap();
        history
            .held
            .iter()
            .map(|held| held.note.lines().nth(1).unwrap_or("?").to_owned())
            .collect()
    }

    #[test]
    fn the_latest_is_replaced_and_the_history_grows() {
        let folder = tempfile::tempdir().unwrap();
        let signer = signer(folder.path());
        let pace = Pace::default();
        let mut writer = writer(folder.path(), &signer, pace);
        let start = clock::now();
        writer.put(note(&signer, 1), start);
        assert_eq!(writer.due(start), None, "nothing waits");
        writer.put(note(&signer, 2), start + pace.history / 2);
        assert_eq!(
            sizes(folder.path()),
            ["2", "1"],
            "too early for the history"
        );
        writer.put(note(&signer, 3), start + pace.history);
        assert_eq!(sizes(folder.path()), ["3", "1", "3"]);
        let history = read(folder.path(), ORIGIN).unwrap();
        for held in &history.held {
            let note = Note::parse(&held.note).unwrap();
            assert_eq!(history.keys.open(&note).unwrap(), [signer.key()]);
        }
        assert_eq!(
            read(folder.path(), "qyran/0194").unwrap(),
            History::default()
        );
    }

    #[test]
    fn checkpoints_come_at_their_pace() {
        let folder = tempfile::tempdir().unwrap();
        let signer = signer(folder.path());
        let pace = Pace::default();
        let mut writer = writer(folder.path(), &signer, pace);
        let start = clock::now();
        writer.put(note(&signer, 1), start);
        *writer.slot.0.lock() = Some(note(&signer, 2));
        writer.take();
        assert_eq!(writer.due(start), Some(start + pace.latest));
    }

    #[test]
    fn an_interrupted_write_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let signer = signer(folder.path());
        let mut writer = writer(folder.path(), &signer, AT_ONCE);
        writer.put(note(&signer, 1), clock::now());
        let whole = fs::read(&writer.files.history).unwrap();
        for cut in 1..whole.len() {
            fs::write(&writer.files.history, &whole[..cut]).unwrap();
            writer.put(note(&signer, 2), clock::now());
            let history = read(folder.path(), ORIGIN).unwrap();
            let last = Note::parse(&history.held.last().unwrap().note).unwrap();
            assert_eq!(last, note(&signer, 2), "cut at {cut}");
            assert!(
                history.held.len() <= 4,
                "the latest, this one, what was cut"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_what_lies_there_and_no_link_is_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let key = signer(folder.path()).key().clone();
        let place = folder.path().join("place");
        fs::create_dir(&place).unwrap();
        let files = Files::new(&place, ORIGIN, &key);
        let elsewhere = folder.path().join("elsewhere");
        fs::write(&elsewhere, "as it was").unwrap();
        symlink(&elsewhere, files.latest.with_extension("new")).unwrap();
        Files::replace(&files.latest, "note").unwrap();
        assert_eq!(fs::read_to_string(&files.latest).unwrap(), "note");
        symlink(&elsewhere, &files.history).unwrap();
        assert!(files.append("note").is_err());
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
        fs::remove_file(&files.history).unwrap();
        files.append("note").unwrap();
        for file in [&files.latest, &files.history] {
            let mode = fs::metadata(file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
        }
    }

    #[test]
    fn a_place_that_is_away_is_told_once_and_written_to_when_it_is_back() {
        let folder = tempfile::tempdir().unwrap();
        let signer = signer(folder.path());
        let place = folder.path().join("mount");
        let (tell, told) = bounded(64);
        let witness = Witness::start(&place, ORIGIN, signer.key().clone(), AT_ONCE, move |said| {
            tell.send(said).unwrap();
        })
        .unwrap();
        witness.put(note(&signer, 1));
        let first = told.recv_timeout(LONG).unwrap();
        assert!(matches!(first, Told::Failed { folder, .. } if folder == place));
        assert!(!place.exists(), "a mount point is not made");
        fs::create_dir(&place).unwrap();
        assert_eq!(told.recv_timeout(LONG), Ok(Told::Written));
        assert_eq!(sizes(&place), ["1", "1"]);
        witness.put(note(&signer, 2));
        assert!(witness.finish(LONG));
        assert_eq!(sizes(&place), ["2", "1", "2"]);
        assert!(told.try_recv().is_err(), "what did not change is not told");
    }

    #[test]
    fn whatever_lies_there_is_read_without_a_fault() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).unwrap();
        put(
            "checkpoint-qyran-0193.00000000.txt",
            b"\xff\xfe\n\n\n\xe2\x80\x94",
        );
        put(
            "checkpoints-qyran-0193.00000000.txt",
            b"\n\n\xe2\x80\x94 a\n\nb\n\nc",
        );
        put("key-qyran-0193.00000000.txt", b"none\n");
        put("checkpoint-qyran-0193.txt.new", b"");
        put("another", b"");
        let history = read(folder.path(), ORIGIN).unwrap();
        assert_eq!((history.held.len(), history.faults.len()), (4, 1));
        assert!(
            history
                .held
                .iter()
                .all(|held| Note::parse(&held.note).is_err())
        );
        assert!(read(&folder.path().join("none"), ORIGIN).is_err());
    }
}
