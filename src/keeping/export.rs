//! An export: the same lines as a backup, in a folder of files that people and other programs read.
//!
//! ```text
//! README.txt             what lies here
//! store.json             the first line of a backup
//! records/person.jsonl   records, a file for each kind
//! log.jsonl  checkpoints.jsonl  tasks.jsonl  logins.jsonl
//! keys                   what seats sign the log with, for `qyran audit verify --keys`
//! SHA256SUMS             of all of them, for `sha256sum -c`
//! ```

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::backup::sync_folder_of;
use super::fault::Fault;
use super::sheet::{FORMAT, Header, Lines, parse};
use crate::base::files;
use crate::model::act::Record as _;
use crate::model::seat_key::SeatKey;
use crate::store::database::keep::{Item, Made};
use crate::store::log::tree::Hash;

const HEADER: &str = "store.json";
const README: &str = "README.txt";
const KEYS: &str = "keys";
const SUMS: &str = "SHA256SUMS";
const RECORDS: &str = "records/";
const ENDING: &str = ".jsonl";
/// The files behind the records, in the order of a backup.
const OTHERS: [&str; 4] = [
    "checkpoints.jsonl",
    "log.jsonl",
    "tasks.jsonl",
    "logins.jsonl",
];

/// The file that an item stands in.
fn file_of(item: &Item) -> String {
    match item {
        Item::Record(record) => {
            let mut name = RECORDS.to_owned();
            // Whatever a kind is called, and on file systems that do not tell a from A.
            for byte in record.kind.bytes() {
                match byte {
                    b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => name.push(char::from(byte)),
                    _ => name.push_str(&format!("%{byte:02x}")),
                }
            }
            name + ENDING
        }
        Item::Checkpoint(_) => OTHERS[0].to_owned(),
        Item::Line(_) => OTHERS[1].to_owned(),
        Item::Task(_) => OTHERS[2].to_owned(),
        Item::Login(_) => OTHERS[3].to_owned(),
    }
}

/// An export that is being written, under another name until it is whole.
pub(super) struct Writer {
    path: PathBuf,
    new: PathBuf,
    open: Option<Open>,
    sums: BTreeMap<String, String>,
    keys: String,
    made: Made,
    done: bool,
}

struct Open {
    name: String,
    to: BufWriter<File>,
    sum: Sha256,
}

impl Writer {
    pub(super) fn create(path: &Path, header: &Header) -> Result<Self, Fault> {
        if path.symlink_metadata().is_ok() {
            return Err(Fault::There {
                place: path.display().to_string(),
            });
        }
        let mut new = path.as_os_str().to_owned();
        new.push(".writing");
        let new = PathBuf::from(new);
        // A left-over of one that was interrupted, if any.
        fs::remove_dir_all(&new).ok();
        let failed = |source| Fault::io(new.display(), source);
        fs::create_dir_all(new.join(RECORDS)).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&new, fs::Permissions::from_mode(0o700)).map_err(failed)?;
        }
        let mut writer = Self {
            path: path.to_owned(),
            new,
            open: None,
            sums: BTreeMap::new(),
            keys: String::new(),
            made: Made::default(),
            done: false,
        };
        let text = json(header, &writer.new)?;
        writer.whole(HEADER, &text)?;
        writer.whole(README, &readme())?;
        for name in OTHERS {
            // An empty one says that there is nothing.
            writer.switch(name)?;
        }
        Ok(writer)
    }

    pub(super) fn put(&mut self, item: &Item) -> Result<(), Fault> {
        let name = file_of(item);
        if self.open.as_ref().is_none_or(|open| open.name != name) {
            self.switch(&name)?;
        }
        let text = json(item, &self.new)?;
        self.write(&text)?;
        self.made.count(item);
        if let Item::Record(record) = item
            && record.kind == SeatKey::KIND
            && let Some(body) = &record.body
            && let Ok(key) = serde_json::from_str::<SeatKey>(body)
        {
            self.keys.push_str(&key.key);
            self.keys.push('\n');
        }
        Ok(())
    }

    /// The sums; then all is on the disk, and has its name.
    pub(super) fn finish(mut self) -> Result<Made, Fault> {
        let keys = std::mem::take(&mut self.keys);
        self.whole(KEYS, &keys)?;
        self.close()?;
        let mut sums = String::new();
        for (name, sum) in std::mem::take(&mut self.sums) {
            sums.push_str(&format!("{sum}  {name}\n"));
        }
        self.whole(SUMS, &sums)?;
        self.close()?;
        let failed = |source| Fault::io(self.path.display(), source);
        for inside in [self.new.join(RECORDS).join(KEYS), self.new.join(SUMS)] {
            sync_folder_of(&inside).map_err(failed)?;
        }
        if self.path.symlink_metadata().is_ok() {
            return Err(Fault::There {
                place: self.path.display().to_string(),
            });
        }
        fs::rename(&self.new, &self.path).map_err(failed)?;
        self.done = true;
        sync_folder_of(&self.path).map_err(failed)?;
        Ok(self.made)
    }

    fn whole(&mut self, name: &str, text: &str) -> Result<(), Fault> {
        self.switch(name)?;
        self.write(text)
    }

    fn write(&mut self, text: &str) -> Result<(), Fault> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        open.sum.update(text.as_bytes());
        open.to
            .write_all(text.as_bytes())
            .map_err(|source| Fault::io(self.new.join(&open.name).display(), source))
    }

    /// Closes the open file, and opens another; one that was made empty before is made anew.
    fn switch(&mut self, name: &str) -> Result<(), Fault> {
        self.close()?;
        let path = self.new.join(name);
        if OTHERS.contains(&name) {
            fs::remove_file(&path).ok(); // the empty one of the beginning, if it is there
        }
        let file =
            files::create_private(&path).map_err(|source| Fault::io(path.display(), source))?;
        self.open = Some(Open {
            name: name.to_owned(),
            to: BufWriter::with_capacity(1 << 20, file),
            sum: Sha256::new(),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        let path = self.new.join(&open.name);
        open.to
            .flush()
            .and_then(|()| open.to.get_ref().sync_all())
            .map_err(|source| Fault::io(path.display(), source))?;
        self.sums.insert(open.name, sum(open.sum));
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.done {
            // Of one that did not become whole nothing stays.
            fs::remove_dir_all(&self.new).ok();
        }
    }
}

fn json(what: &impl serde::Serialize, place: &Path) -> Result<String, Fault> {
    let mut text =
        serde_json::to_string(what).map_err(|error| Fault::io(place.display(), error.into()))?;
    text.push('\n');
    Ok(text)
}

fn sum(of: Sha256) -> String {
    Hash::from(<[u8; 32]>::from(of.finalize())).to_string()
}

fn readme() -> String {
    format!(
        "Qyran store export, format {FORMAT}.\n\
         One JSON object in each line of *.jsonl; a record's body is JSON text within it, byte for\n\
         byte as the log's hashes know it. `jq -r .line.line log.jsonl` gives the lines of the log.\n\
         `sha256sum -c SHA256SUMS` tells whether all files are as they were written;\n\
         `qyran store import` reads this folder back. It holds what the store holds: keep it as well.\n"
    )
}

/// An export that is being read.
pub(super) struct Reader {
    path: PathBuf,
    sums: BTreeMap<String, String>,
    header: Header,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let sums_file = path.join(SUMS);
        let foreign = || Fault::Foreign {
            place: path.display().to_string(),
        };
        // A newer one may have other files, so what it is comes first.
        let place = path.join(HEADER).display().to_string();
        let text = fs::read_to_string(&place).map_err(|_not_there| foreign())?;
        let header = Header::parse(&place, text.trim_end_matches('\n'))?;
        let text = fs::read_to_string(&sums_file)
            .map_err(|source| Fault::io(sums_file.display(), source))?;
        let mut sums = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let named = line
                .split_once("  ")
                .filter(|(sum, name)| sum.parse::<Hash>().is_ok() && is_inside(name));
            let Some((sum, name)) = named else {
                return Err(Fault::Line {
                    place: sums_file.display().to_string(),
                    line: index as u64 + 1,
                    why: "no sum and name".to_owned(),
                });
            };
            sums.insert(name.to_owned(), sum.to_owned());
        }
        let reader = Self {
            path: path.to_owned(),
            sums,
            header,
        };
        reader.all_and_no_others()?;
        Ok(reader)
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// What is named lies there, and nothing else does.
    fn all_and_no_others(&self) -> Result<(), Fault> {
        let misplaced = |name: &str| Fault::Files {
            place: self.path.join(name).display().to_string(),
        };
        for name in OTHERS.iter().chain(&[HEADER]) {
            if !self.sums.contains_key(*name) {
                return Err(misplaced(name));
            }
        }
        for name in self.sums.keys() {
            if !self.path.join(name).is_file() {
                return Err(misplaced(name));
            }
        }
        for folder in ["", RECORDS] {
            let entries = fs::read_dir(self.path.join(folder))
                .map_err(|source| Fault::io(self.path.join(folder).display(), source))?;
            for entry in entries.flatten() {
                let name = format!("{folder}{}", entry.file_name().to_string_lossy());
                let known = name == SUMS || format!("{name}/") == RECORDS;
                if !known && !self.sums.contains_key(&name) {
                    return Err(misplaced(&name));
                }
            }
        }
        Ok(())
    }

    /// Hands all items over; what is handed over counts only when this ends well.
    pub(super) fn walk<E: From<Fault>>(
        self,
        mut take: impl FnMut(Item) -> Result<(), E>,
    ) -> Result<Made, E> {
        let mut made = Made::default();
        let records = self.sums.keys().filter(|name| name.starts_with(RECORDS));
        let others = OTHERS.iter().map(|name| (*name).to_owned());
        let names: Vec<String> = records.cloned().chain(others).collect();
        for name in self.sums.keys().filter(|name| !names.contains(name)) {
            self.compare(name)?;
        }
        for name in &names {
            let path = self.path.join(name);
            let place = path.display().to_string();
            let file = File::open(&path).map_err(|source| Fault::io(&place, source))?;
            let mut lines = Lines::new(place.clone(), BufReader::with_capacity(1 << 20, file));
            let mut sum_of = Sha256::new();
            loop {
                let line = lines.line + 1;
                let Some(text) = lines.next()? else { break };
                sum_of.update(text.as_bytes());
                let item: Item = parse(&place, line, text)?;
                if file_of(&item) != *name {
                    return Err(E::from(Fault::Line {
                        place,
                        line: lines.line,
                        why: "belongs into another file".to_owned(),
                    }));
                }
                made.count(&item);
                take(item)?;
            }
            self.agree(name, &sum(sum_of), lines.line)?;
        }
        Ok(made)
    }

    /// A file of which only the sum counts.
    fn compare(&self, name: &str) -> Result<(), Fault> {
        let path = self.path.join(name);
        let failed = |source| Fault::io(path.display(), source);
        let mut file = File::open(&path).map_err(failed)?;
        let mut sum_of = Sha256::new();
        let mut bytes = vec![0; 1 << 16];
        let mut lines = 0;
        loop {
            let read = file.read(&mut bytes).map_err(failed)?;
            if read == 0 {
                break;
            }
            sum_of.update(&bytes[..read]);
            lines += bytes[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.agree(name, &sum(sum_of), lines)
    }

    fn agree(&self, name: &str, is: &str, lines: u64) -> Result<(), Fault> {
        if self.sums.get(name).is_some_and(|says| says == is) {
            return Ok(());
        }
        Err(Fault::Block {
            place: self.path.join(name).display().to_string(),
            from: 1,
            to: lines,
        })
    }
}

/// Whether a name stays within the folder.
fn is_inside(name: &str) -> bool {
    let inner = name.strip_prefix(RECORDS).unwrap_or(name);
    !inner.is_empty() && !inner.contains(['/', '\\']) && !inner.starts_with('.')
}
