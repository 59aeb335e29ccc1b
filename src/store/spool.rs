//! What happened and is not recorded yet, on whatever disk takes it: a full, locked or damaged store
//! must not be the end of an alarm when the program ends with it.
//!
//! One file of JSON lines, `unrecorded.jsonl`, in the first of several folders that can be written:
//! `{"form":1,"is":"waits",…}` for what waits and `{"form":1,"is":"recorded",…}` for what the store has
//! by now. A thread of its own writes it, so that no disk holds the wall up. When nothing waits any
//! longer the file is emptied. Lines that cannot be read (torn, or of a newer program) are laid beside
//! it, in `unrecorded.unread.jsonl`, and told.
//!
//! What is found again may have been recorded just before the program ended: news from outside are
//! known to the store by their digest, our own by the alarm that remembers them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};
use serde::{Deserialize, Serialize};

use crate::base::clock::WallTime;
use crate::base::{files, threads};
use crate::model::alarm::acts::News;
use crate::model::id::Id;

/// The form of the lines that this program writes.
const FORM: u32 = 1;
/// The file in its folder.
const FILE: &str = "unrecorded.jsonl";
/// Where what cannot be read is laid.
const UNREAD: &str = "unrecorded.unread.jsonl";
/// Orders that wait for the disk: more than may wait to be recorded.
const MAX_ORDERS: usize = 65_536;
/// The file is written anew when so many of its lines are over.
const MAX_OVER: usize = 1000;

/// One line.
#[derive(Serialize, Deserialize)]
struct Line {
    form: u32,
    #[serde(flatten)]
    what: What,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum What {
    Waits { since_us: i64, news: Box<News> },
    Recorded { id: Id },
}

/// Something is the matter with what was found.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A file cannot be read.
    #[error("{path}: what was not recorded before the program ended cannot be read: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Lines of it cannot be understood.
    #[error("{path}: {lines} of what was not recorded before the program ended cannot be understood, first {why}; kept in {beside}", path = path.display(), beside = beside.display())]
    Lines {
        /// The file.
        path: PathBuf,
        /// How many lines.
        lines: usize,
        /// Why the first.
        why: String,
        /// Where they are now.
        beside: PathBuf,
    },
}

enum Order {
    Keep(Box<News>, WallTime),
    Recorded(Vec<Id>),
}

/// The spool. Dropping it writes what is still on its way.
#[derive(Debug)]
pub struct Spool {
    sender: Option<Sender<Order>>,
    writer: Option<JoinHandle<()>>,
    found: Vec<(News, WallTime)>,
    faults: Vec<Fault>,
    written: Arc<AtomicBool>,
}

impl Spool {
    /// Reads what waits in `folders`, and keeps what comes in the first of them that takes it.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub fn open(folders: &[PathBuf]) -> io::Result<Self> {
        let mut faults = Vec::new();
        let mut pending = BTreeMap::new();
        for folder in folders {
            read(folder, &mut pending, &mut faults);
        }
        let found = pending.values().cloned().collect();
        let written = Arc::new(AtomicBool::new(true));
        let (sender, receiver) = bounded(MAX_ORDERS);
        let mut writer = Writer {
            folders: folders.to_vec(),
            current: None,
            pending,
            over: 0,
            written: Arc::clone(&written),
        };
        let writer = threads::spawn("spool", move || writer.run(&receiver))?;
        Ok(Self {
            sender: Some(sender),
            writer: Some(writer),
            found,
            faults,
            written,
        })
    }

    /// What waited when the program ended, and since when; empty from the second call on.
    pub fn found(&mut self) -> Vec<(News, WallTime)> {
        std::mem::take(&mut self.found)
    }

    /// What could not be read of it; empty from the second call on.
    pub fn faults(&mut self) -> Vec<Fault> {
        std::mem::take(&mut self.faults)
    }

    /// Keeps news that wait since a moment; never waits for a disk.
    pub fn keep(&self, news: News, since: WallTime) {
        self.order(Order::Keep(Box::new(news), since));
    }

    /// The store has these, or they need not be kept any longer.
    pub fn recorded(&self, ids: Vec<Id>) {
        if !ids.is_empty() {
            self.order(Order::Recorded(ids));
        }
    }

    /// Whether some disk took everything so far.
    pub fn is_written(&self) -> bool {
        self.written.load(Ordering::Acquire)
    }

    fn order(&self, order: Order) {
        let sent = self.sender.as_ref().map(|sender| sender.try_send(order));
        // A disk that stands still, or no thread any more.
        if sent.is_some_and(|sent| sent.is_err()) {
            self.written.store(false, Ordering::Release);
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.sender.take();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the spool's thread panicked");
        }
    }
}

/// What waits in a folder's file joins `pending`.
fn read(folder: &Path, pending: &mut BTreeMap<Id, (News, WallTime)>, faults: &mut Vec<Fault>) {
    let path = folder.join(FILE);
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(source) => {
            faults.push(Fault::Unreadable { path, source });
            return;
        }
    };
    let mut unread = Vec::new();
    let mut first = None;
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let read = serde_json::from_str::<Line>(line).map_err(|error| error.to_string());
        let known = read.and_then(|line| match line.form {
            FORM => Ok(line.what),
            other => Err(format!("form {other}, this program knows {FORM}")),
        });
        match known {
            Ok(What::Waits { since_us, news }) => {
                let since = WallTime::from_micros(since_us);
                pending.insert(news.occurrence.id, (*news, since));
            }
            Ok(What::Recorded { id }) => {
                pending.remove(&id);
            }
            Err(why) => {
                first.get_or_insert(why);
                unread.push(line);
            }
        }
    }
    if let Some(why) = first {
        let beside = folder.join(UNREAD);
        let laid = files::append_private(&beside).and_then(|mut file| {
            file.write_all(format!("{}\n", unread.join("\n")).as_bytes())?;
            file.sync_data()
        });
        if let Err(source) = laid {
            let path = beside.clone();
            faults.push(Fault::Unreadable { path, source });
        }
        faults.push(Fault::Lines {
            path,
            lines: unread.len(),
            why,
            beside,
        });
    }
}

/// Writes on a thread of its own.
struct Writer {
    folders: Vec<PathBuf>,
    /// Which folder takes it, and its file.
    current: Option<(usize, File)>,
    pending: BTreeMap<Id, (News, WallTime)>,
    /// Lines of the file that are over.
    over: usize,
    written: Arc<AtomicBool>,
}

impl Writer {
    fn run(&mut self, orders: &Receiver<Order>) {
        // What other folders held is brought together in one.
        self.write_anew();
        while let Ok(first) = orders.recv() {
            let mut lines = String::new();
            for order in std::iter::once(first).chain(orders.try_iter()) {
                match order {
                    Order::Keep(news, since) => {
                        lines.push_str(&waits(&news, since));
                        self.pending.insert(news.occurrence.id, (*news, since));
                    }
                    Order::Recorded(ids) => {
                        for id in ids {
                            if self.pending.remove(&id).is_some() {
                                self.over += 2;
                                lines.push_str(&line(What::Recorded { id }));
                            }
                        }
                    }
                }
            }
            self.write(&lines);
        }
    }

    fn write(&mut self, lines: &str) {
        if self.pending.is_empty() || self.over > MAX_OVER {
            self.write_anew();
            return;
        }
        let appended = match &mut self.current {
            Some((_, file)) => file
                .write_all(lines.as_bytes())
                .and_then(|()| file.sync_data()),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        if appended.is_err() {
            self.write_anew();
        } else {
            self.written.store(true, Ordering::Release);
        }
    }

    /// Everything that waits, in the first folder that takes it; the other files go.
    fn write_anew(&mut self) {
        self.current = None;
        self.over = 0;
        let mut text = String::new();
        for (news, since) in self.pending.values() {
            text.push_str(&waits(news, *since));
        }
        let mut taken = None;
        if !text.is_empty() {
            for (index, folder) in self.folders.iter().enumerate() {
                match write_whole(folder, &text) {
                    Ok(file) => {
                        taken = Some(index);
                        self.current = Some((index, file));
                        break;
                    }
                    Err(error) => {
                        tracing::warn!(folder = %folder.display(), %error, "what is not recorded cannot be kept here");
                    }
                }
            }
        }
        let is_written = text.is_empty() || taken.is_some();
        self.written.store(is_written, Ordering::Release);
        if !is_written {
            tracing::error!("what is not recorded is in memory only");
            return;
        }
        for (index, folder) in self.folders.iter().enumerate() {
            if Some(index) != taken {
                fs::remove_file(folder.join(FILE)).ok(); // most often there is none
            }
        }
    }
}

/// The file is whole before it takes the place of the one before.
fn write_whole(folder: &Path, text: &str) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    let new = folder.join(format!("{FILE}.new"));
    fs::remove_file(&new).ok(); // of a run that was cut off
    let whole = || -> io::Result<File> {
        let mut file = files::create_private(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, &path)?;
        Ok(file)
    };
    whole().inspect_err(|_| {
        fs::remove_file(&new).ok(); // half a file takes the room of others
    })
}

fn waits(news: &News, since: WallTime) -> String {
    line(What::Waits {
        since_us: since.micros(),
        news: Box::new(news.clone()),
    })
}

fn line(what: What) -> String {
    let line = Line { form: FORM, what };
    serde_json::to_string(&line).map_or_else(|_| String::new(), |text| text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::alarm::class::ClassKey;
    use crate::model::alarm::occurrence::Occurrence;
    use crate::model::detection::fact::Stage;

    fn news(name: &str) -> News {
        let at = WallTime::from_micros(1_772_352_000_000_000);
        News {
            occurrence: Occurrence {
                id: Id::named(name),
                thing: Id::named(name),
                class: ClassKey::new("sos.call").unwrap(),
                stage: Stage::Once,
                at,
                heard: at,
                camera: None,
                place: String::new(),
                position: None,
                subject: Some(name.to_owned()),
                source: "test".into(),
                text: None,
                region: None,
                score: None,
                details: BTreeMap::new(),
                still: None,
                seat: String::new(),
            },
            digest: Some("d".into()),
        }
    }

    fn names(spool: &mut Spool) -> Vec<String> {
        let found = spool.found().into_iter();
        let mut names: Vec<String> = found
            .filter_map(|(news, _)| news.occurrence.subject)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_waits_is_found_again_and_what_is_recorded_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let folders = [folder.path().to_owned()];
        let since = WallTime::from_micros(1_772_352_000_000_000);
        let spool = Spool::open(&folders).unwrap();
        for name in ["a", "b", "c"] {
            spool.keep(news(name), since);
        }
        spool.recorded(vec![Id::named("b")]);
        drop(spool);
        let mut spool = Spool::open(&folders).unwrap();
        assert_eq!(names(&mut spool), ["a", "c"]);
        spool.recorded(vec![Id::named("a"), Id::named("c")]);
        drop(spool);
        assert!(!folder.path().join(FILE).exists(), "nothing waits");
        let mut spool = Spool::open(&folders).unwrap();
        assert_eq!(names(&mut spool), [""; 0]);
    }

    #[test]
    fn a_folder_that_takes_nothing_gives_way_to_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let wrong = folder.path().join("a file");
        fs::write(&wrong, "no folder").unwrap();
        let right = folder.path().join("right");
        let folders = [wrong.clone(), right.clone()];
        let mut spool = Spool::open(&folders).unwrap();
        spool.faults();
        spool.keep(news("a"), WallTime(0));
        drop(spool);
        assert!(right.join(FILE).exists());
        let mut spool = Spool::open(&folders).unwrap();
        assert_eq!(names(&mut spool), ["a"]);
        // Nowhere at all: that is known.
        drop(spool);
        let spool = Spool::open(&[wrong]).unwrap();
        spool.keep(news("a"), WallTime(0));
        let written = Arc::clone(&spool.written);
        drop(spool);
        assert!(!written.load(Ordering::Acquire));
    }

    #[test]
    fn a_torn_line_and_one_of_a_newer_program_are_laid_beside_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let newer = r#"{"form":2,"is":"waits","more":1}"#;
        let text = format!(
            "{}{newer}\n{{\"form\":1,\"is\":\"wa",
            waits(&news("a"), WallTime(0))
        );
        fs::write(&file, text).unwrap();
        let mut spool = Spool::open(&[folder.path().to_owned()]).unwrap();
        let faults = spool.faults();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert!(told.len() == 1 && told[0].contains("2 of what"), "{told:?}");
        assert_eq!(names(&mut spool), ["a"]);
        drop(spool);
        let beside = fs::read_to_string(folder.path().join(UNREAD)).unwrap();
        assert_eq!(beside, format!("{newer}\n{{\"form\":1,\"is\":\"wa\n"));
        let mut spool = Spool::open(&[folder.path().to_owned()]).unwrap();
        assert!(spool.faults().is_empty(), "told once");
        assert_eq!(names(&mut spool), ["a"]);
    }
}
