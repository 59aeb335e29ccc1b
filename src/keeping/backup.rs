//! A backup: the whole store as one file of JSON lines. The first line says what it is, then come
//! the items, with a sum over everything before every so often, and the last line says how many there
//! were. So it is written and read in one go, and damage is found to within a few hundred lines.

use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::fault::Fault;
use super::sheet::{End, Header, Lines, Sum, parse};
use crate::base::files;
use crate::store::database::keep::{Item, Made};
use crate::store::log::tree::Hash;

/// Items for which there is one sum.
const BLOCK: u64 = 256;
/// What a line of a sum begins with; no item does.
const SUM: &str = "{\"sum\":";
/// What the last line begins with.
const END: &str = "{\"end\":";

/// A backup that is being written, under another name until it is whole.
pub(super) struct Writer {
    path: PathBuf,
    new: PathBuf,
    to: BufWriter<File>,
    sum: Sha256,
    made: Made,
    since_sum: u64,
    done: bool,
}

impl Writer {
    pub(super) fn create(path: &Path, header: &Header) -> Result<Self, Fault> {
        let place = path.display();
        if path.symlink_metadata().is_ok() {
            return Err(Fault::There {
                place: place.to_string(),
            });
        }
        let mut new = path.as_os_str().to_owned();
        new.push(".writing");
        let new = PathBuf::from(new);
        // A left-over of one that was interrupted, if any.
        fs::remove_file(&new).ok();
        let file =
            files::create_private(&new).map_err(|source| Fault::io(new.display(), source))?;
        let mut writer = Self {
            path: path.to_owned(),
            new,
            to: BufWriter::with_capacity(1 << 20, file),
            sum: Sha256::new(),
            made: Made::default(),
            since_sum: BLOCK, // the first line has a sum of its own
            done: false,
        };
        writer.line(header)?;
        Ok(writer)
    }

    pub(super) fn put(&mut self, item: &Item) -> Result<(), Fault> {
        if self.since_sum == BLOCK {
            let sum = self.sum_so_far();
            self.line(&Sum { sum })?;
            self.since_sum = 0;
        }
        self.line(item)?;
        self.made.count(item);
        self.since_sum += 1;
        Ok(())
    }

    /// The last line; then it is on the disk, and has its name.
    pub(super) fn finish(mut self) -> Result<Made, Fault> {
        let (end, sum) = (self.made, self.sum_so_far());
        self.line(&End { end, sum })?;
        let failed = |source| Fault::io(self.new.display(), source);
        self.to.flush().map_err(failed)?;
        self.to.get_ref().sync_all().map_err(failed)?;
        take_name(&self.new, &self.path)?;
        self.done = true;
        Ok(self.made)
    }

    fn sum_so_far(&self) -> String {
        Hash::from(<[u8; 32]>::from(self.sum.clone().finalize())).to_string()
    }

    fn line(&mut self, what: &impl serde::Serialize) -> Result<(), Fault> {
        let failed = |source| Fault::io(self.new.display(), source);
        let mut text = serde_json::to_string(what).map_err(|error| failed(error.into()))?;
        text.push('\n');
        self.sum.update(text.as_bytes());
        self.to.write_all(text.as_bytes()).map_err(failed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.done {
            // Of one that did not become whole nothing stays.
            fs::remove_file(&self.new).ok();
        }
    }
}

/// Gives `new` the name `path` where nothing has it, and synchronises the folder.
pub(super) fn take_name(new: &Path, path: &Path) -> Result<(), Fault> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Fault::There {
            place: path.display().to_string(),
        },
        _ => Fault::io(path.display(), source),
    };
    match fs::hard_link(new, path) {
        Ok(()) => fs::remove_file(new).map_err(failed)?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(failed(error));
        }
        // Some file systems have no second names.
        Err(_no_links) => fs::rename(new, path).map_err(failed)?,
    }
    sync_folder_of(path).map_err(failed)
}

pub(super) fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _system_keeps_its_folders = path;
    Ok(())
}

/// A backup that is being read.
pub(super) struct Reader {
    place: String,
    lines: Lines<BufReader<File>>,
    sum: Sha256,
    /// The first line that no sum was found right for.
    unsummed: u64,
    made: Made,
    turn: u8,
    header: Header,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let place = path.display().to_string();
        let file = File::open(path).map_err(|source| Fault::io(&place, source))?;
        let from = BufReader::with_capacity(1 << 20, file);
        let mut lines = Lines::new(place.clone(), from);
        let mut sum = Sha256::new();
        let foreign = || Fault::Foreign {
            place: place.clone(),
        };
        // What does not even begin with a line of text is another kind of file.
        let first = match lines.next() {
            Ok(Some(first)) => first,
            Ok(None) | Err(Fault::Line { .. } | Fault::Short { .. }) => return Err(foreign()),
            Err(fault) => return Err(fault),
        };
        sum.update(first.as_bytes());
        let header = Header::parse(&place, first)?;
        Ok(Self {
            place,
            lines,
            sum,
            unsummed: 1,
            made: Made::default(),
            turn: 0,
            header,
        })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Hands all items over; what is handed over counts only when this ends well.
    pub(super) fn walk<E: From<Fault>>(
        mut self,
        mut take: impl FnMut(Item) -> Result<(), E>,
    ) -> Result<Made, E> {
        loop {
            let line = self.lines.line + 1;
            let Some(text) = self.lines.next()? else {
                return Err(E::from(Fault::Short {
                    place: self.place.clone(),
                    line: self.lines.line,
                }));
            };
            let is_end = text.starts_with(END);
            if is_end || text.starts_with(SUM) {
                let text = text.to_owned();
                let end = self.sum(&text, is_end)?;
                if let Some(end) = end {
                    return self.end(end).map_err(E::from);
                }
            } else {
                self.sum.update(text.as_bytes());
                let item: Item = parse(&self.place, line, text)?;
                if item.turn() < self.turn {
                    return Err(E::from(self.wrong("out of its turn")));
                }
                self.turn = item.turn();
                self.made.count(&item);
                take(item)?;
            }
        }
    }

    fn wrong(&self, why: &str) -> Fault {
        Fault::Line {
            place: self.place.clone(),
            line: self.lines.line,
            why: why.to_owned(),
        }
    }

    /// Compares with a sum; the last one comes with the end.
    fn sum(&mut self, text: &str, is_end: bool) -> Result<Option<End>, Fault> {
        let line = self.lines.line;
        let is = Hash::from(<[u8; 32]>::from(self.sum.clone().finalize())).to_string();
        let (says, end) = if is_end {
            let end: End = parse(&self.place, line, text)?;
            (end.sum.clone(), Some(end))
        } else {
            let sum: Sum = parse(&self.place, line, text)?;
            (sum.sum, None)
        };
        if says != is {
            return Err(Fault::Block {
                place: self.place.clone(),
                from: self.unsummed,
                to: line,
            });
        }
        self.sum.update(text.as_bytes());
        self.unsummed = line;
        Ok(end)
    }

    fn end(mut self, end: End) -> Result<Made, Fault> {
        if end.end != self.made {
            return Err(self.wrong("there were not so many"));
        }
        if self.lines.next()?.is_some() {
            return Err(Fault::Long {
                place: self.place.clone(),
                line: self.lines.line,
            });
        }
        Ok(self.made)
    }
}
