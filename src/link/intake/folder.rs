//! Events as files of a folder: taken in the order of their names, kept, then moved away.
//!
//! A file is offered again until its answer is there and it was moved. A program that is killed
//! between keeping and moving offers it once more when it starts, and hears that it is a repeat.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};

use super::desk::{Desk, Outcome};
use super::{Answer, IntakeError, Way};
use crate::base::clock::{self, WallTime};
use crate::base::files::{self, Bounds, HeldFolder};
use crate::model::outside::{LONGEST_MESSAGE, bundle};

/// Between two looks at the folder.
const LOOKS_APART: Duration = Duration::from_millis(500);
/// A file is read when so many looks in a row found it the same: it is not being written.
const LOOKS_TO_READ: u32 = 2;
/// One that is not of the form is refused after so many looks: five seconds in which no more came.
const LOOKS_TO_REFUSE: u32 = 11;
/// The most files of one look; others have their turn when these are moved.
const MOST_FILES: usize = 10_000;
/// How the files end.
const ENDING: &str = "json";
/// Where files go that were kept, and those that were not.
const DONE: &str = "done";
const REFUSED: &str = "refused";
/// Which of those that were kept stay.
const DONE_STAY: Bounds = Bounds {
    age: Duration::from_secs(30 * 86_400),
    files: 10_000,
    bytes: u64::MAX,
};
/// How often they are looked through, nanoseconds.
const SWEEPS_APART_NS: i64 = 3600 * 1_000_000_000;
/// The longest name of a file on common systems, bytes.
const LONGEST_NAME: usize = 255;
/// The most files of one name that are kept apart.
const MOST_NAMESAKES: u32 = 1000;

/// A watched folder.
pub(super) struct Folder {
    path: PathBuf,
    desk: Arc<Desk>,
    seen: BTreeMap<OsString, Seen>,
    /// When what was done was last looked through.
    swept: Option<WallTime>,
    /// The folder's fault that was logged, so that it is logged once.
    logged: Option<String>,
}

/// By what a file is known to be the same: its length and when it was written.
type Mark = (u64, Option<SystemTime>);

fn mark(about: &fs::Metadata) -> Mark {
    (about.len(), about.modified().ok())
}

/// A file as it was found last.
struct Seen {
    mark: Mark,
    /// Looks in a row that found it the same.
    looks: u32,
    /// What became of it, where only the move is missing: why it was refused, line by line.
    decided: Option<Result<(), Vec<String>>>,
    /// Whether a fault of this file was logged.
    logged: bool,
}

impl Seen {
    fn new(mark: Mark) -> Self {
        Self {
            mark,
            looks: 0,
            decided: None,
            logged: false,
        }
    }
}

/// What comes of reading a file.
enum Read {
    /// It is to be moved: kept, or refused for these reasons.
    Decided(Result<(), Vec<String>>),
    /// It is looked at again later.
    Later,
    /// The app has no room; the files behind wait as well.
    Busy,
}

impl Folder {
    /// Makes the folder and its two inner ones where they are missing, for their owner alone.
    pub(super) fn open(path: &Path, desk: Arc<Desk>) -> Result<Self, IntakeError> {
        let error = |source| IntakeError::Folder {
            path: path.to_owned(),
            source,
        };
        // One that is there may be open to a group of its own.
        if !path.exists() {
            files::make_private_folder(path).map_err(error)?;
        }
        for folder in [DONE, REFUSED] {
            HeldFolder::open(&path.join(folder)).map_err(error)?;
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(path).map_err(error)?.permissions().mode();
            if mode & 0o002 != 0 {
                return Err(IntakeError::OpenFolder(path.to_owned()));
            }
        }
        fs::read_dir(path).map_err(error)?;
        Ok(Self {
            path: path.to_owned(),
            desk,
            seen: BTreeMap::new(),
            swept: None,
            logged: None,
        })
    }

    /// Removes the oldest of what was done, from time to time. What was refused stays until somebody has
    /// looked at it.
    fn sweep(&mut self, now: WallTime) {
        let is_recent = |swept: WallTime| {
            let passed = now.nanos_since(swept);
            (0..SWEEPS_APART_NS).contains(&passed)
        };
        if self.swept.is_some_and(is_recent) {
            return;
        }
        self.swept = Some(now);
        // A link in its place leads to files that are none of ours.
        if let Ok(done) = HeldFolder::open(&self.path.join(DONE)) {
            files::thin(done.path(), &[ENDING], DONE_STAY, now);
        }
    }

    /// Looks again and again, until it is dropped.
    #[expect(
        clippy::infinite_loop,
        reason = "it ends with the thread's runtime, when the intake is dropped"
    )]
    pub(super) async fn watch(mut self) {
        loop {
            self.round().await;
            self.sweep(clock::wall_now());
            tokio::time::sleep(LOOKS_APART).await;
        }
    }

    /// One look, and everything that is ready.
    pub(super) async fn round(&mut self) {
        let ready = match self.look() {
            Ok(ready) => ready,
            Err(error) => {
                let error = error.to_string();
                if self.logged.as_ref() != Some(&error) {
                    let folder = self.path.display();
                    tracing::warn!(%folder, error, "the folder of events cannot be read");
                    self.logged = Some(error);
                }
                return;
            }
        };
        self.logged = None;
        for name in ready {
            let decided = self
                .seen
                .get_mut(&name)
                .and_then(|seen| seen.decided.take());
            let decided = match decided {
                Some(decided) => decided,
                None => match self.take(&name).await {
                    Read::Decided(decided) => decided,
                    Read::Later => continue,
                    Read::Busy => return,
                },
            };
            // Somebody wrote it anew while its events were on their way: it is read again.
            if !self.is_as_seen(&name) {
                continue;
            }
            match self.put_away(&name, &decided) {
                Ok(()) => drop(self.seen.remove(&name)),
                Err(error) => {
                    self.log(&name, &format!("it stays where it is: {error}"));
                    if let Some(seen) = self.seen.get_mut(&name) {
                        seen.decided = Some(decided);
                    }
                }
            }
        }
    }

    /// Whether a file is the one that was seen last, and no other has its name by now.
    fn is_as_seen(&self, name: &OsStr) -> bool {
        let about = fs::symlink_metadata(self.path.join(name));
        let seen = self.seen.get(name);
        seen.zip(about.ok())
            .is_some_and(|(seen, about)| about.is_file() && mark(&about) == seen.mark)
    }

    /// Names of files that stood still long enough, in their order.
    fn look(&mut self) -> io::Result<Vec<OsString>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            let name = entry.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            if hidden || Path::new(&name).extension() != Some(OsStr::new(ENDING)) {
                continue;
            }
            // Of the file itself, not of what a link leads to. One that is gone meanwhile is none.
            match entry.metadata() {
                Ok(about) if about.is_file() => found.insert(name, about),
                _ => continue,
            };
            if found.len() > MOST_FILES {
                found.pop_last();
            }
        }
        self.seen.retain(|name, _| found.contains_key(name));
        for (name, about) in found {
            let mark = mark(&about);
            let seen = self.seen.entry(name).or_insert(Seen::new(mark));
            if seen.mark != mark {
                *seen = Seen::new(mark);
            }
            seen.looks = seen.looks.saturating_add(1);
        }
        let ready = self
            .seen
            .iter()
            .filter(|(_, seen)| seen.looks >= LOOKS_TO_READ);
        Ok(ready.map(|(name, _)| name.clone()).collect())
    }

    /// Reads a file and offers what is in it.
    async fn take(&mut self, name: &OsStr) -> Read {
        let looks = self.seen.get(name).map_or(0, |seen| seen.looks);
        let bytes = match read(&self.path.join(name)) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.log(name, &format!("it cannot be read: {error}"));
                return Read::Later;
            }
        };
        let events = match bundle(&bytes) {
            Ok(events) if events.iter().all(Result::is_ok) => events,
            // Perhaps the rest is being written.
            _ if looks < LOOKS_TO_REFUSE => return Read::Later,
            Ok(events) => events,
            Err(refusal) => {
                self.desk.count_refused(Way::Folder, &refusal);
                return Read::Decided(Err(vec![refusal.to_string()]));
            }
        };
        let outcomes = self.desk.offer(events, Way::Folder).await;
        if outcomes.iter().any(|one| one.answer == Answer::Busy) {
            return Read::Busy;
        }
        let why: Vec<String> = outcomes.iter().filter_map(problem).collect();
        Read::Decided(if why.is_empty() { Ok(()) } else { Err(why) })
    }

    /// Moves a file to where it belongs; of a refused one the reasons are there first.
    fn put_away(&self, name: &OsStr, decided: &Result<(), Vec<String>>) -> io::Result<()> {
        let folder = self.path.join(if decided.is_ok() { DONE } else { REFUSED });
        // Somebody may have cleared it away, or lay a link in its place, also just now.
        let held = HeldFolder::open(&folder)?;
        let folder = held.path();
        let new = free_name(folder, name)?;
        if let Err(why) = decided {
            let text = why.join("\n") + "\n";
            let why = folder.join(why_name(&new));
            fs::remove_file(&why).ok(); // of a try before; of a link only the link goes
            files::create_private(&why)?.write_all(text.as_bytes())?;
        }
        fs::rename(self.path.join(name), folder.join(new))
    }

    /// Says once what is wrong with a file.
    fn log(&mut self, name: &OsStr, problem: &str) {
        if let Some(seen) = self.seen.get_mut(name)
            && !seen.logged
        {
            seen.logged = true;
            tracing::warn!(file = ?name, problem, "a file of events");
        }
    }
}

/// What stands in the reasons for one event; nothing where it was kept.
fn problem(outcome: &Outcome) -> Option<String> {
    let id = outcome.named.as_ref().map_or("", |(_, id, _)| id);
    match &outcome.answer {
        Answer::Kept(_) | Answer::Repeat | Answer::Busy => None,
        Answer::Conflict => Some(format!(
            "{id}: another event was told under the same source and id; it stands"
        )),
        Answer::Refused(refusal) if id.is_empty() => Some(refusal.to_string()),
        Answer::Refused(refusal) => Some(format!("{id}: {refusal}")),
    }
}

/// A file's bytes, one more than the most where it is longer; no link is followed, and nothing that
/// took the file's place since the look is waited for.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST_MESSAGE as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name in `folder` that no file has: `name`, or with a number before its ending. Its reasons have
/// none either.
fn free_name(folder: &Path, name: &OsStr) -> io::Result<OsString> {
    let is_free = |name: &OsStr| fs::symlink_metadata(folder.join(name)).is_err();
    if is_free(name) {
        return Ok(name.to_owned());
    }
    let stem = Path::new(name)
        .file_stem()
        .unwrap_or(name)
        .to_string_lossy();
    let stem = short(&stem, LONGEST_NAME - 16);
    (2..=MOST_NAMESAKES)
        .map(|number| OsString::from(format!("{stem}.{number}.{ENDING}")))
        .find(|name| is_free(name))
        .ok_or_else(|| io::Error::other("too many files of this name are there already"))
}

/// The name of the reasons for refusing the file `name`.
fn why_name(name: &OsStr) -> OsString {
    let ending = ".why.txt";
    let plain = name.to_string_lossy();
    if plain.len() + ending.len() <= LONGEST_NAME && name.to_str().is_some() {
        return format!("{plain}{ending}").into();
    }
    // Cut or bent, it needs something by which names differ.
    let digest = Sha256::digest(name.as_encoded_bytes());
    let mark = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("{}~{mark:08x}{ending}", short(&plain, 200)).into()
}

/// At most `most` bytes of `text`.
fn short(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
