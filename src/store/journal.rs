//! The journal of states: every change of every field of every watched camera, one line each, kept
//! for a month. The wall reads the last day back when it starts.
//!
//! Lines are JSON in files of one UTC day, `states-2026-11-22.jsonl`, written by a thread of its own
//! so that no disk holds the wall up. A line that cannot be read is skipped and counted.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use serde::{Deserialize, Serialize};

use crate::base::clock::{self, WallTime};
use crate::base::{files, threads};
use crate::model::detection::counting::Minute;

/// Lines that may wait for the disk. When full, lines are left out and counted.
const QUEUE_LINES: usize = 8192;
/// Days that are kept.
const KEPT_DAYS: usize = 31;
/// How often the journal says that somebody watches: after a crash nothing younger is known.
const WATCH_EVERY: Duration = Duration::from_secs(60);

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Line {
    /// The program began to watch.
    Begin,
    /// It watched still.
    Watch,
    /// It left.
    End,
    /// A field of a camera has another value from now on.
    Field {
        /// The camera's id.
        camera: String,
        /// `sub` or `main`.
        stream: String,
        /// `link`, `picture`, `administration` or `load`.
        field: String,
        /// The key of the value's word.
        value: String,
        /// Why, where there is a reason.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// A counting line counted.
    Counted {
        /// The camera's id.
        camera: String,
        /// The rule's id.
        rule: String,
        /// In which minute since 1970, UTC.
        minute: i64,
        /// What, or a part of it: parts of one minute are added.
        what: Minute,
    },
}

/// A line and its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// RFC 3339, UTC.
    #[serde(with = "rfc_3339")]
    at: jiff::Timestamp,
    /// What.
    #[serde(flatten)]
    line: Line,
}

impl Entry {
    /// A line at a time.
    pub fn new(at: WallTime, line: Line) -> Self {
        let at = jiff::Timestamp::from_nanosecond(i128::from(at.0)).unwrap_or_default();
        Self { at, line }
    }

    /// When.
    pub fn at(&self) -> WallTime {
        WallTime(i64::try_from(self.at.as_nanosecond()).unwrap_or(i64::MAX))
    }

    /// What.
    pub fn line(&self) -> &Line {
        &self.line
    }
}

/// The journal, open for writing. Dropping it writes what waits and the end.
pub struct Journal {
    sender: Option<Sender<Entry>>,
    writer: Option<JoinHandle<()>>,
    left_out: u64,
}

impl Journal {
    /// Opens the journal in `folder` and says that watching begins.
    ///
    /// # Errors
    /// When the folder cannot be made or the system refuses a thread.
    pub fn open(folder: &Path) -> io::Result<Self> {
        files::make_private_folder(folder)?;
        let (sender, receiver) = bounded(QUEUE_LINES);
        let mut writer = Writer {
            folder: folder.to_owned(),
            day: None,
            told: false,
        };
        let writer = threads::spawn("journal", move || writer.run(&receiver))?;
        let mut journal = Self {
            sender: Some(sender),
            writer: Some(writer),
            left_out: 0,
        };
        journal.write(clock::wall_now(), Line::Begin);
        Ok(journal)
    }

    /// Writes a line; never waits.
    pub fn write(&mut self, at: WallTime, line: Line) {
        let Some(sender) = &self.sender else { return };
        match sender.try_send(Entry::new(at, line)) {
            Ok(()) => {
                if self.left_out > 0 {
                    tracing::error!(lines = self.left_out, "the journal of states lacks lines");
                    self.left_out = 0;
                }
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => self.left_out += 1,
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.write(clock::wall_now(), Line::End);
        self.sender.take();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the journal's thread panicked");
        }
    }
}

struct Writer {
    folder: PathBuf,
    day: Option<(String, BufWriter<File>)>,
    /// That the disk refuses was said.
    told: bool,
}

impl Writer {
    fn run(&mut self, lines: &Receiver<Entry>) {
        loop {
            let entry = match lines.recv_timeout(WATCH_EVERY) {
                Ok(entry) => entry,
                Err(RecvTimeoutError::Timeout) => Entry::new(clock::wall_now(), Line::Watch),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let written = self.write(&entry);
            // Flushed when nothing waits: a busy moment is one write.
            let written = if lines.is_empty() {
                written.and_then(|()| self.flush())
            } else {
                written
            };
            match written {
                Ok(()) => self.told = false,
                Err(error) => {
                    if !std::mem::replace(&mut self.told, true) {
                        let folder = self.folder.display();
                        tracing::error!(%error, %folder, "the journal of states is not written");
                    }
                    self.day = None;
                }
            }
        }
        self.flush().ok(); // the disk has been told of before
    }

    fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let day = entry.at.strftime("%Y-%m-%d").to_string();
        if self.day.as_ref().map(|(open, _)| open) != Some(&day) {
            let path = self.folder.join(format!("states-{day}.jsonl"));
            let mut file = files::append_private(&path)?;
            // A crash may have left half a line.
            file.write_all(b"\n")?;
            self.day = Some((day, BufWriter::new(file)));
            self.remove_old()?;
        }
        if let Some((_, file)) = &mut self.day {
            let line = serde_json::to_string(entry).map_err(io::Error::other)?;
            writeln!(file, "{line}")?;
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.day.as_mut().map_or(Ok(()), |(_, file)| file.flush())
    }

    fn remove_old(&self) -> io::Result<()> {
        let days = days(&self.folder)?;
        for old in days.iter().rev().skip(KEPT_DAYS) {
            fs::remove_file(old)?;
        }
        Ok(())
    }
}

/// The files of the journal, oldest first.
fn days(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut days: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_stem().and_then(|name| name.to_str());
            let is_lines = path.extension().is_some_and(|ending| ending == "jsonl");
            is_lines && name.is_some_and(|name| name.starts_with("states-"))
        })
        .collect();
    days.sort();
    Ok(days)
}

/// What was written since `since`, and how many lines could not be read. A journal that is not there
/// is empty.
pub fn read_since(folder: &Path, since: WallTime) -> (Vec<Entry>, usize) {
    let mut entries = Vec::new();
    let mut bad = 0;
    // The day before yesterday may hold the first hours of the last 24 in no zone.
    for path in days(folder).unwrap_or_default().iter().rev().take(3).rev() {
        let Ok(file) = File::open(path) else {
            bad += 1;
            continue;
        };
        for line in BufReader::new(file).split(b'\n') {
            let Ok(line) = line else {
                bad += 1;
                break;
            };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            match serde_json::from_slice::<Entry>(&line) {
                Ok(entry) if entry.at() >= since => entries.push(entry),
                Ok(_) => {}
                Err(_) => bad += 1,
            }
        }
    }
    (entries, bad)
}

mod rfc_3339 {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(at: &jiff::Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<jiff::Timestamp, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(camera: &str, value: &str) -> Line {
        Line::Field {
            camera: camera.into(),
            stream: "sub".into(),
            field: "link".into(),
            value: value.into(),
            reason: String::new(),
        }
    }

    #[test]
    fn what_was_written_is_read_back_even_beside_damage() {
        let folder = tempfile::tempdir().unwrap();
        let now = clock::wall_now();
        let mut journal = Journal::open(folder.path()).unwrap();
        for n in 0..500 {
            journal.write(now, field(&format!("c{n}"), "link-live"));
        }
        drop(journal);
        // A crash in the middle of a line, and a disk that wrote garbage.
        let day = days(folder.path()).unwrap().remove(0);
        let mut file = File::options().append(true).open(&day).unwrap();
        file.write_all(
            b"{\"at\":\"2026-1\n\xff\xfe\n{\"at\":\"2026-11-22T10:00:00Z\",\"is\":\"fie",
        )
        .unwrap();
        drop(file);
        let mut journal = Journal::open(folder.path()).unwrap();
        journal.write(now, field("after", "link-lost"));
        drop(journal);
        let (entries, bad) = read_since(folder.path(), WallTime(now.0 - 1));
        assert_eq!(bad, 3);
        let count = |line: &Line| entries.iter().filter(|e| e.line() == line).count();
        assert_eq!((count(&Line::Begin), count(&Line::End)), (2, 2));
        assert_eq!(count(&field("c499", "link-live")), 1);
        assert_eq!(count(&field("after", "link-lost")), 1);
        assert_eq!(entries.len(), 505);
        let later = now.plus_nanos(3_600_000_000_000);
        assert!(read_since(folder.path(), later).0.is_empty());
    }

    #[test]
    fn a_month_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=28 {
            for month in [1, 2] {
                let name = format!("states-2025-{month:02}-{day:02}.jsonl");
                fs::write(folder.path().join(name), "").unwrap();
            }
        }
        fs::write(folder.path().join("other.txt"), "").unwrap();
        drop(Journal::open(folder.path()).unwrap());
        let left = days(folder.path()).unwrap();
        assert_eq!(left.len(), KEPT_DAYS);
        assert!(folder.path().join("other.txt").exists());
    }

    #[test]
    fn a_journal_that_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let (entries, bad) = read_since(&folder.path().join("none"), WallTime(0));
        assert!(entries.is_empty() && bad == 0);
    }
}
